//! What can be wrong with the syntax of a record, each kind told apart so that a rule can name it.

use std::fmt;
use std::ops::Range;

use crate::model::reading::Fault;
use crate::model::source::Span;

/// A fault at a range of octets.
pub(super) fn bad(kind: SpfFault, range: Range<usize>) -> Fault<SpfFault> {
    Fault { kind, span: Span::new(range.start, range.end) }
}

/// The kinds of syntax error. Every one of them means permerror (RFC 7208 §4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpfFault {
    /// An octet outside US-ASCII (§3.1).
    NonAscii,
    /// A control character such as a tab or a line feed: terms are separated by spaces alone (§4.6.1).
    ControlCharacter(u8),
    /// A mechanism that does not exist (§4.6.1).
    UnknownMechanism {
        /// The name as written.
        name: String,
    },
    /// A bare network where a term must stand: the name of the right mechanism.
    BareNetwork {
        /// `ip4` or `ip6`.
        mechanism: &'static str,
    },
    /// A qualifier with nothing behind it (§4.6.1).
    LoneQualifier,
    /// A qualifier before a modifier (§4.6.1).
    QualifierBeforeModifier {
        /// The modifier's name.
        name: String,
    },
    /// `redirect:` or `exp:` for `redirect=` or `exp=` (§6).
    ModifierAsMechanism {
        /// The modifier's name.
        name: String,
    },
    /// A modifier's name must be a letter, then letters, digits, `-`, `_` and `.` (§4.6.1).
    BadModifierName,
    /// A mechanism that needs an argument has none (§5.2, §5.6, §5.7).
    MissingArgument {
        /// Its name.
        mechanism: &'static str,
    },
    /// Nothing behind `:` or `=` (§7.1).
    EmptyArgument {
        /// The name of the term.
        name: String,
    },
    /// An argument where none may be: `all:x`, `ptr/24`.
    UnexpectedArgument {
        /// Its name.
        mechanism: &'static str,
    },
    /// Not an address of the family (§5.6).
    BadAddress {
        /// `ip4` or `ip6`.
        mechanism: &'static str,
        /// It is an address of the other family.
        other_family: bool,
    },
    /// A prefix length that is no number, has a leading zero, or is too long (§5.3, §5.6).
    BadPrefix {
        /// The longest that is allowed.
        max: u8,
    },
    /// A malformed dual prefix behind `a` or `mx` (§5.3).
    BadDualCidr,
    /// `%` with something else behind it than `{`, `%`, `_` or `-`, or a malformed `%{…}` (§7.1).
    BadMacro,
    /// A letter that is no macro (§7.2).
    UnknownMacro {
        /// The letter.
        letter: char,
    },
    /// `c`, `r` and `t` are for explanation texts alone (§7.2).
    ExplanationMacro {
        /// The letter.
        letter: char,
    },
    /// A domain-spec must end in a macro or in a dot and a top label, one with a letter in it (§7.1).
    BadDomainEnd,
    /// The next term is glued on: the place where the space is missing.
    MissingSpace {
        /// The octet before which it belongs.
        at: usize,
    },
    /// `redirect` or `exp` for the second time (§6).
    RepeatedModifier {
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Display for SpfFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpfFault::NonAscii => f.write_str("a character outside US-ASCII"),
            SpfFault::ControlCharacter(b) => write!(f, "a control character (octet {b}); only spaces separate terms"),
            SpfFault::UnknownMechanism { name } => write!(f, "unknown mechanism `{name}`"),
            SpfFault::BareNetwork { mechanism } => write!(f, "a network without `{mechanism}:` before it"),
            SpfFault::LoneQualifier => f.write_str("a qualifier without a mechanism"),
            SpfFault::QualifierBeforeModifier { name } => write!(f, "a qualifier before the modifier `{name}`"),
            SpfFault::ModifierAsMechanism { name } => write!(f, "`{name}` is a modifier: it is written `{name}=`"),
            SpfFault::BadModifierName => f.write_str("a modifier's name must begin with a letter"),
            SpfFault::MissingArgument { mechanism } => write!(f, "`{mechanism}` without its argument"),
            SpfFault::EmptyArgument { name } => write!(f, "`{name}` with an empty argument"),
            SpfFault::UnexpectedArgument { mechanism } => write!(f, "`{mechanism}` does not take that"),
            SpfFault::BadAddress { mechanism: "ip4", other_family: true } => {
                f.write_str("an IPv6 address behind `ip4:`")
            }
            SpfFault::BadAddress { other_family: true, .. } => f.write_str("an IPv4 address behind `ip6:`"),
            SpfFault::BadAddress { mechanism: "ip4", .. } => f.write_str("not an IPv4 address"),
            SpfFault::BadAddress { .. } => f.write_str("not an IPv6 address"),
            SpfFault::BadPrefix { max } => write!(f, "a prefix length must be a plain number from 0 to {max}"),
            SpfFault::BadDualCidr => f.write_str("prefix lengths are written `/24`, `//64` or `/24//64`"),
            SpfFault::BadMacro => f.write_str("`%` begins a macro, and this is none"),
            SpfFault::UnknownMacro { letter } => write!(f, "there is no macro `{letter}`"),
            SpfFault::ExplanationMacro { letter } => {
                write!(f, "the macro `{letter}` is allowed in explanation texts only")
            }
            SpfFault::BadDomainEnd => {
                f.write_str("a name must end in a macro, or in a dot and a top-level label with a letter in it")
            }
            SpfFault::MissingSpace { .. } => f.write_str("a space is missing before the next term"),
            SpfFault::RepeatedModifier { name } => write!(f, "a second `{name}=`"),
        }
    }
}
