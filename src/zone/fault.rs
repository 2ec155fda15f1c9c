//! What can be wrong with a master file, and where.

use std::fmt;

use crate::model::source::Place;
use crate::model::wire_name::BadName;

/// One fault of a master file. The parser goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where.
    pub place: Place,
}

/// What is wrong. Its [`Display`](fmt::Display) is a sentence without a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A file that begins with a byte order mark, which name servers take for a part of the first name.
    ByteOrderMark,
    /// A quote that is not closed in its line.
    UnclosedQuote,
    /// `(` without `)`.
    UnclosedParenthesis,
    /// `)` without `(`.
    StrayParenthesis,
    /// `\` with nothing behind it, or `\DDD` over 255 (RFC 1035 §5.1).
    BadEscape,
    /// A record longer than any record can be.
    RecordTooLong,
    /// A name that is none.
    BadName(BadName),
    /// A line that leaves its owner out, and no owner before it in this file (RFC 1035 §5.1).
    NoOwner,
    /// Neither TTL nor `$TTL`, nor a TTL before it (RFC 2308 §4).
    NoTtl,
    /// A TTL that does not fit into 32 bits, or a `$TTL` that is no TTL.
    BadTtl,
    /// A class other than that of the zone (RFC 1035 §5.2).
    OtherClass,
    /// No type.
    NoType,
    /// A type that is not registered.
    UnknownType,
    /// The record ends before its data does.
    MissingData,
    /// Something behind the data of a record or directive.
    ExtraData,
    /// Not an IPv4 address (RFC 1035 §3.4.1).
    BadAddress4,
    /// Not an IPv6 address (RFC 3596 §2.4).
    BadAddress6,
    /// Not a number from 0 to this.
    BadNumber(u32),
    /// A character-string over 255 octets (RFC 1035 §3.3): how many it has.
    StringTooLong(u32),
    /// Data over 65535 octets (RFC 1035 §3.2.1).
    DataTooLong,
    /// Not hexadecimal, or an odd number of digits.
    BadHex,
    /// Not base64 (RFC 4648 §4).
    BadBase64,
    /// Not the tag of a CAA record: letters and digits (RFC 8659 §4.1).
    BadTag,
    /// Not an EUI address: two hexadecimal digits an octet, `-` between (RFC 7043).
    BadEui,
    /// Not a DNSSEC algorithm: a number or one of the mnemonics.
    BadAlgorithm,
    /// Generic data that is not of the form `\# length hex` (RFC 3597 §5), or not data of its type.
    BadGeneric,
    /// A `$` directive that there is not.
    UnknownDirective,
    /// A directive without its argument.
    MissingArgument,
    /// `$INCLUDE` where files must not be read.
    IncludeRefused,
    /// `$INCLUDE` of a file outside the folder that may be read.
    IncludeOutside,
    /// `$INCLUDE` of a file that cannot be read.
    IncludeUnreadable,
    /// `$INCLUDE` of a file that is being read.
    IncludeLoop,
    /// `$INCLUDE` too deep, or too many of them.
    TooManyIncludes,
    /// A `$GENERATE` range that is none.
    BadRange,
    /// A `${offset,width,base}` that cannot be read.
    BadModifier,
    /// `$GENERATE` of more than is sensible.
    GeneratesTooMuch,
    /// A file of another form than a master file that cannot be read, or an entry of it: why.
    BadYaml(&'static str),
    /// So many faults that the rest is not read.
    TooManyFaults,
}

impl FaultKind {
    /// What the person can do, where that is not plain.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            FaultKind::UnclosedQuote => {
                Some("close the quote in the same line; parentheses let strings stand on several")
            }
            FaultKind::UnclosedParenthesis => Some("every record up to the end of the file belongs to it as it stands"),
            FaultKind::BadEscape => Some(r"write `\\` for a backslash, `\DDD` with three decimal digits for an octet"),
            FaultKind::NoTtl => Some("begin the zone with `$TTL 3600`"),
            FaultKind::NoOwner => Some("write the owner name, or `@` for the zone itself"),
            FaultKind::StringTooLong(_) => Some("split it into strings of at most 255 octets: \"…\" \"…\""),
            FaultKind::ByteOrderMark => Some("save the file as UTF-8 without a byte order mark"),
            _ => None,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::ByteOrderMark => "the file begins with a byte order mark",
            FaultKind::UnclosedQuote => "this quote is not closed",
            FaultKind::UnclosedParenthesis => "this parenthesis is not closed",
            FaultKind::StrayParenthesis => "this parenthesis closes none",
            FaultKind::BadEscape => "this escape means no octet",
            FaultKind::RecordTooLong => "this record is longer than a record can be",
            FaultKind::BadName(BadName::EmptyLabel) => "this name has an empty label",
            FaultKind::BadName(BadName::LongLabel) => "this name has a label over 63 octets",
            FaultKind::BadName(BadName::LongName) => "this name is longer than 255 octets, the origin counted",
            FaultKind::BadName(BadName::Escape) => "this name has an escape that means no octet",
            FaultKind::NoOwner => "the owner is left out and there is none before it",
            FaultKind::NoTtl => "there is no TTL here, none before, and no $TTL",
            FaultKind::BadTtl => "this is not a TTL of at most 32 bits",
            FaultKind::OtherClass => "this is not the class of the zone",
            FaultKind::NoType => "this record has no type",
            FaultKind::UnknownType => "this is not a record type",
            FaultKind::MissingData => "the record ends before its data does",
            FaultKind::ExtraData => "nothing may stand here",
            FaultKind::BadAddress4 => "this is not an IPv4 address",
            FaultKind::BadAddress6 => "this is not an IPv6 address",
            FaultKind::BadNumber(max) => return write!(f, "this is not a number from 0 to {max}"),
            FaultKind::StringTooLong(n) => return write!(f, "this string has {n} octets, at most 255 are allowed"),
            FaultKind::DataTooLong => "the data is longer than 65535 octets",
            FaultKind::BadHex => "this is not hexadecimal, two digits an octet",
            FaultKind::BadBase64 => "this is not base64",
            FaultKind::BadTag => "this is not a tag of letters and digits",
            FaultKind::BadEui => "this is not an EUI address of the type's length",
            FaultKind::BadAlgorithm => "this is not a DNSSEC algorithm",
            FaultKind::BadGeneric => "this is not generic data of its type, `\\# length hex`",
            FaultKind::UnknownDirective => "there is no such directive",
            FaultKind::MissingArgument => "this directive lacks an argument",
            FaultKind::IncludeRefused => "including files is not allowed here",
            FaultKind::IncludeOutside => "this file is outside the folder that may be read",
            FaultKind::IncludeUnreadable => "this file cannot be read",
            FaultKind::IncludeLoop => "this file includes itself",
            FaultKind::TooManyIncludes => "files are included too deep or too often",
            FaultKind::BadRange => "this is not a range, `start-stop` or `start-stop/step`",
            FaultKind::BadModifier => "this is not `${offset,width,base}`",
            FaultKind::GeneratesTooMuch => "this generates more records than is sensible",
            FaultKind::BadYaml(why) => why,
            FaultKind::TooManyFaults => "so much is wrong up to here that the rest is not read",
        })
    }
}
