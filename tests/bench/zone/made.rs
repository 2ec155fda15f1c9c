//! Zones that are the same each time.

use std::fmt::Write as _;

/// A zone of six records a name, one A, AAAA, MX, SPF, DMARC and DKIM record each, in which there is nothing to find: what
/// is measured is looking, not telling.
pub fn zone(names: usize) -> String {
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(names * 760 + 200);
    out.push_str("$ORIGIN example.com.\n$TTL 3600\n@ IN SOA ns1 hostmaster 2026112501 7200 900 1209600 300\n");
    out.push_str("@ IN NS ns1\n@ IN NS ns2\nns1 IN A 8.8.4.1\nns2 IN A 8.8.4.2\n");
    out.push_str("@ IN MX 10 ns1\n@ IN TXT \"v=spf1 mx -all\"\n");
    out.push_str("_dmarc IN TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@example.com\"\n");
    // Numbers that look random and are the same each time.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut key = String::with_capacity(400);
    for i in 0..names {
        let (a, b) = (i / 250 % 250, i % 250);
        // A SubjectPublicKeyInfo of 2048 bits by its form: the modulus is any odd number.
        key.clear();
        key.push_str("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv");
        while key.len() < 385 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut bits = state;
            for _ in 0..10.min(385 - key.len()) {
                key.push(BASE64[(bits & 63) as usize] as char);
                bits >>= 6;
            }
        }
        key.push_str("wIDAQAB");
        let (head, tail) = key.split_at(230);
        let _ = writeln!(out, "host{i} 3600 IN A 8.{}.{a}.{b}", i / 62_500);
        let _ = writeln!(out, "host{i} 3600 IN AAAA 2606:4700::{a:x}:{b:x}");
        let _ = writeln!(out, "host{i} 3600 IN MX 10 host{i}");
        let _ = writeln!(out, "host{i} 3600 IN TXT \"v=spf1 mx ip4:8.{}.{a}.{b} -all\"", i / 62_500);
        let _ = writeln!(out, "_dmarc.host{i} 3600 IN TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@example.com\"");
        let _ = writeln!(out, "s1._domainkey.host{i} 3600 IN TXT \"v=DKIM1; k=rsa; p={head}\" \"{tail}\"");
    }
    out
}
