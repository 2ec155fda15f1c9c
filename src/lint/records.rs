//! Records as rules are shown them: the typed record, with the way back to where it was written.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

use crate::lint::finding::{Edit, Fix, Spot};
use crate::lint::site::Site;
use crate::lint::spf_tree::{Reach, ZoneTree};
use crate::lint::zone_index::{Entry, Form};
use crate::model::bimi::{BimiFault, BimiRecord};
use crate::model::decoded::Decoded;
use crate::model::dkim::{KeyFault, KeyRecord};
use crate::model::dmarc::{DmarcFault, DmarcRecord};
use crate::model::mta_sts::{StsFault, StsRecord};
use crate::model::mx::MxRecord;
use crate::model::reading::{Fault, Reading};
use crate::model::source::{Place, Span};
use crate::model::spf::{SpfFault, SpfRecord};
use crate::model::tls_rpt::{TlsRptFault, TlsRptRecord};
use crate::model::tlsa_record::{TlsaRecord, TlsaRecordFault};
use crate::model::txt::{MAX_STRING, quoted, split};

/// The longest value that is fixed, in octets.
const LONGEST_FIXED: usize = 8_192;

/// What a TXT value is, by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// SPF: `v=spf1`.
    Spf,
    /// A DKIM key.
    Dkim,
    /// DMARC: `v=DMARC1`.
    Dmarc,
    /// MTA-STS: `v=STSv1`.
    MtaSts,
    /// TLS-RPT: `v=TLSRPTv1`.
    TlsRpt,
    /// BIMI: `v=BIMI1`.
    Bimi,
    /// Something else.
    Other,
}

/// A TXT value at its place.
#[derive(Clone, Copy)]
pub struct TextRecord<'a> {
    /// The name it stands at.
    pub site: Site<'a>,
    /// The record's number in its zone.
    pub number: u32,
    /// The record.
    pub entry: &'a Entry,
    /// Its strings joined, and where each octet was written.
    pub decoded: &'a Decoded,
    /// What it is.
    pub kind: TextKind,
    /// What is read of it, once a rule has asked.
    pub read: &'a OnceCell<ReadSpf>,
}

/// An SPF record, as far as it could be read, with everything that breaks its grammar.
pub type ReadSpf = (SpfRecord, Vec<Fault<SpfFault>>);

/// So many faults of one record are told; one with more is beyond reading.
const MOST_FAULTS: usize = 64;

/// A reading in its two parts; `None` where the text is no such record.
pub(super) fn split_reading<T, K>(reading: Reading<T, K>) -> Option<(T, Vec<Fault<K>>)> {
    match reading {
        Reading::NotOurs => None,
        Reading::Broken { record, mut faults } => {
            faults.truncate(MOST_FAULTS);
            Some((record, faults))
        }
        Reading::Ours(record) => Some((record, Vec::new())),
    }
}

impl<'a> Deref for TextRecord<'a> {
    type Target = Site<'a>;

    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}

impl<'a> TextRecord<'a> {
    /// The octets that a verifier reads.
    pub fn octets(&self) -> &'a [u8] {
        &self.decoded.octets
    }

    /// The SPF record that it is, if it is one.
    pub fn spf(&self) -> Option<&'a ReadSpf> {
        if self.kind != TextKind::Spf {
            return None;
        }
        if self.read.get().is_none() {
            let read = split_reading(SpfRecord::read(self.octets()))?;
            return Some(self.read.get_or_init(|| read));
        }
        self.read.get()
    }

    /// Some of them, for people.
    pub fn slice(&self, span: impl Into<Span>) -> Cow<'a, str> {
        String::from_utf8_lossy(span.into().of(self.octets()))
    }

    /// The place of some of its octets.
    pub fn at(&self, span: impl Into<Span>) -> Spot {
        let span = span.into();
        let place = self.decoded.map.place(span.range());
        Spot { zone: self.site.zone_number, record: Some(self.number), place, octets: Some(span) }
    }

    /// The place of the whole value.
    pub fn whole(&self) -> Spot {
        let spot = self.at(Span::new(0, self.octets().len()));
        if self.octets().is_empty() { self.site.data_spot(self.number, self.entry) } else { spot }
    }

    /// Where one string ends and the next begins, in octets of the value.
    pub fn joints(&self) -> &'a [u32] {
        self.decoded.map.strings().get(1..).unwrap_or_default()
    }

    /// A fix that puts `text` in the place of some octets.
    pub fn replace(
        &self,
        title: impl Into<std::borrow::Cow<'static, str>>,
        span: impl Into<Span>,
        text: &str,
    ) -> Option<Fix> {
        self.replace_all(title, &[(span.into(), text)])
    }

    /// A fix that replaces several ranges of octets, which must be in order and apart. `None` where the value is not
    /// written in a way that can be edited.
    pub fn replace_all(&self, title: impl Into<std::borrow::Cow<'static, str>>, edits: &[(Span, &str)]) -> Option<Fix> {
        let old = self.octets();
        // Each fix holds the whole value: a record far beyond any real one is not worth thousands of copies of it.
        if old.len() > LONGEST_FIXED {
            return None;
        }
        let mut value = Vec::with_capacity(old.len() + 16);
        let mut done = 0;
        for (span, text) in edits {
            value.extend_from_slice(old.get(done..span.start as usize)?);
            value.extend_from_slice(text.as_bytes());
            done = span.end as usize;
        }
        value.extend_from_slice(old.get(done..)?);
        let edits = match self.entry.form {
            Form::Verbatim => edits
                .iter()
                .map(|(span, text)| Edit { place: self.decoded.map.place(span.range()), text: (*text).to_string() })
                .collect(),
            Form::Master => self.small_edits(edits).unwrap_or_else(|| vec![self.rewrite(&value)]),
        };
        Some(Fix { title: title.into(), edits, value: Some(value) })
    }

    /// Edits inside the strings as they are written: each within one quoted string, which stays short enough.
    fn small_edits(&self, edits: &[(Span, &str)]) -> Option<Vec<Edit>> {
        let starts = self.decoded.map.strings();
        let text = self.site.zone.text(self.entry.source);
        let tokens = self.site.tokens(self.entry);
        if tokens.len() != starts.len() {
            return None;
        }
        let string_of = |octet: u32| starts.partition_point(|s| *s <= octet).saturating_sub(1);
        let mut growth = vec![0usize; starts.len()];
        let mut out = Vec::with_capacity(edits.len());
        for (span, new) in edits {
            let index = string_of(span.start);
            let end = starts.get(index + 1).copied().unwrap_or(self.octets().len() as u32);
            let quoted = tokens.get(index)?.of(text).first() == Some(&b'"');
            if span.end > end || !quoted || self.octets().is_empty() {
                return None;
            }
            growth[index] += new.len();
            if (end - starts[index]) as usize + growth[index] > MAX_STRING {
                return None;
            }
            let written = crate::model::txt::quoted_string(new.as_bytes());
            let bare = written.get(1..written.len() - 1).unwrap_or_default().to_string();
            out.push(Edit { place: self.decoded.map.place(span.range()), text: bare });
        }
        Some(out)
    }

    /// An edit that writes the whole value anew.
    pub fn rewrite(&self, value: &[u8]) -> Edit {
        Edit { place: Place { source: self.entry.source, span: self.entry.data }, text: quoted(&split(value)) }
    }
}

/// Declares a typed record: the TXT value with the record and its faults.
macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $record:ty, $fault:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a> {
            /// The value and its place.
            pub text: TextRecord<'a>,
            /// The record, as far as it could be read.
            pub record: &'a $record,
            /// Everything that breaks its grammar.
            pub faults: &'a [$fault],
        }

        impl<'a> Deref for $name<'a> {
            type Target = TextRecord<'a>;

            fn deref(&self) -> &TextRecord<'a> {
                &self.text
            }
        }
    };
}

/// An SPF record.
#[derive(Clone, Copy)]
pub struct SpfText<'a> {
    /// The value and its place.
    pub text: TextRecord<'a>,
    /// The record, as far as it could be read.
    pub record: &'a SpfRecord,
    /// Everything that breaks its grammar.
    pub faults: &'a [Fault<SpfFault>],
    /// The record with its includes, once a rule has asked for it.
    pub tree: &'a OnceCell<Reach>,
}

impl<'a> SpfText<'a> {
    /// The record with its includes, as far as the zones at hand reach; `None` where there is nothing to say about it.
    pub fn tree(&self) -> Option<&'a ZoneTree> {
        self.reach().tree()
    }

    /// The names in the tree that are not in the zones at hand.
    pub fn unknown(&self) -> &'a [Vec<u8>] {
        self.reach().unknown()
    }

    fn reach(&self) -> &'a Reach {
        self.tree.get_or_init(|| Reach::of(self.record, self.text.site.name, self.text.site.horizon()))
    }
}

impl<'a> Deref for SpfText<'a> {
    type Target = TextRecord<'a>;

    fn deref(&self) -> &TextRecord<'a> {
        &self.text
    }
}

typed!(
    /// A DKIM key record.
    DkimText, KeyRecord<'a>, Fault<KeyFault>
);
typed!(
    /// A DMARC record.
    DmarcText, DmarcRecord<'a>, Fault<DmarcFault>
);
typed!(
    /// An MTA-STS record.
    StsText, StsRecord<'a>, Fault<StsFault>
);
typed!(
    /// A TLS-RPT record.
    TlsRptText, TlsRptRecord<'a>, Fault<TlsRptFault>
);
typed!(
    /// A BIMI record.
    BimiText, BimiRecord<'a>, Fault<BimiFault>
);

/// Declares a record whose data is tokens.
macro_rules! plain {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* }) => {
        $(#[$doc])*
        pub struct $name<'a> {
            /// The name it stands at.
            pub site: Site<'a>,
            /// The record's number in its zone.
            pub number: u32,
            /// The record.
            pub entry: &'a Entry,
            $($(#[$field_doc])* pub $field: $type),*
        }

        impl<'a> Deref for $name<'a> {
            type Target = Site<'a>;

            fn deref(&self) -> &Site<'a> {
                &self.site
            }
        }

        impl $name<'_> {
            /// The place of its data.
            pub fn spot(&self) -> Spot {
                self.site.data_spot(self.number, self.entry)
            }
        }
    };
}

plain!(
    /// An MX record.
    MxData {
        /// The data as it is written.
        record: MxRecord<'a>,
        /// The exchange, in wire form and lower case; the root for "no mail here" (RFC 7505).
        exchange: &'a [u8]
    }
);
plain!(
    /// A TLSA record.
    TlsaData {
        /// The data.
        record: TlsaRecord<'a>,
        /// Everything that is wrong with it for SMTP.
        faults: Vec<Fault<TlsaRecordFault>>
    }
);
