//! DNS: asking it, and answering it from a snapshot.

pub mod authority;
mod cache;
pub mod deadline;
pub mod dnssec;
pub mod evidence;
pub mod exchange;
pub mod gather;
mod interpret;
mod labels;
pub mod lookup;
mod over_https;
mod over_tcp;
mod over_tls;
mod over_udp;
pub mod overlay;
pub mod propagation;
pub mod random_id;
pub mod recorder;
pub mod reply;
pub mod resolver;
pub mod servers;
pub mod system;
pub mod table;
pub mod upstream;
mod waiting;
pub mod window;
pub mod wire;
