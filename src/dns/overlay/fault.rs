//! What a broken DNS does, on purpose.

use std::time::Duration;

use hickory_proto::rr::RecordType;

use crate::model::name::Name;

/// A way for a name server to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// RCODE SERVFAIL.
    ServFail,
    /// RCODE REFUSED.
    Refused,
    /// No answer at all.
    Silent,
    /// Over UDP never more than the TC bit. With [`Overlay::no_tcp`](super::Overlay::no_tcp) there is no way round it.
    Truncated,
    /// The right answer, this much later.
    Slow(Duration),
}

/// A fault and where it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultAt {
    /// The name, exactly; the root stands for every name.
    pub name: Name,
    /// The type, or every type.
    pub rtype: Option<RecordType>,
    /// What happens.
    pub fault: Fault,
}

impl FaultAt {
    /// A fault for every question about `name`.
    pub fn name(name: Name, fault: Fault) -> Self {
        FaultAt { name, rtype: None, fault }
    }

    /// A fault for every question there is.
    pub fn everywhere(fault: Fault) -> Self {
        FaultAt { name: Name::root(), rtype: None, fault }
    }

    pub(super) fn strikes(&self, name: &Name, rtype: RecordType) -> bool {
        (self.name.is_root() || self.name == *name) && self.rtype.is_none_or(|t| t == rtype)
    }
}
