//! The lab's own servers come up, answer, and can be told apart from a broken lab.

mod support;

use support::bind::Bind;
use support::powerdns::PowerDns;

const ZONE: &str = "$ORIGIN example.test.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\nns1 IN A 127.0.0.1\n\
                    @ IN TXT \"site-verification=abc\"\n";

#[test]
fn powerdns_and_bind_answer() {
    if let Some(mut server) = PowerDns::start(&[("example.test", ZONE)]) {
        assert_eq!(server.dig("example.test", "TXT"), ["\"site-verification=abc\""]);
        server.kill();
        assert!(server.dig("example.test", "TXT").is_empty());
        server.restart();
        assert_eq!(server.list("example.test").len(), 3, "{:?}", server.list("example.test"));
    }
    if let Some(server) = Bind::start(&[("example.test", ZONE)]) {
        assert_eq!(server.dig("ns1.example.test", "A"), ["127.0.0.1"]);
        assert_eq!(server.list("example.test").len(), 3, "{:?}", server.list("example.test"));
    }
}
