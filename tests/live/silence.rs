//! Servers that keep who asks waiting: the check ends, and says what stayed open.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use crate::check::{check, codes, zone};
use crate::support::authority::Authority;
use crate::support::bind::Bind;
use crate::support::loopback::{address, can_serve};

/// Takes connections and sends `octet` twice a second, or nothing, until the process ends.
fn keep_waiting(at: Ipv4Addr, port: u16, octet: Option<u8>) {
    let listener = TcpListener::bind((at, port)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                loop {
                    std::thread::sleep(Duration::from_millis(500));
                    if octet.is_some_and(|octet| stream.write_all(&[octet]).is_err()) {
                        return;
                    }
                }
            });
        }
    });
}

#[test]
fn nobody_waits_for_ever() {
    if !can_serve() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let trusted = Authority::new().file(dir.path());
    keep_waiting(address(230), 25, None);
    keep_waiting(address(231), 25, Some(b'2'));
    keep_waiting(address(232), 443, None);
    let records = format!(
        "slow MX 10 silent\nslow MX 20 drip\nsilent A {}\ndrip A {}\nslow TXT \"v=spf1 -all\"\n\
         _mta-sts.slow TXT \"v=STSv1; id=1;\"\nmta-sts.slow A {}\n",
        address(230),
        address(231),
        address(232)
    );
    let Some(bind) = Bind::start(&[("test", &zone("test", &records))]) else { return };
    let value = check(bind.port, &trusted, "slow.test", &[]);
    let open: Vec<String> = value["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| format!("{} {}: {}", q["type"], q["name"], q["reason"]).replace('"', ""))
        .filter(|q| !q.starts_with("TXT"))
        .collect();
    let smtp = "the server said nothing for 15 seconds where the greeting should come";
    assert_eq!(
        open,
        [
            "https https://mta-sts.slow.test/.well-known/mta-sts.txt: no answer within 10 seconds".to_string(),
            format!("smtp silent.test: {smtp}"),
            format!("smtp drip.test: {smtp}"),
        ],
        "{value:#}"
    );
    assert!(codes(&value, &["STS", "HOST005", "HOST006"]).is_empty(), "silence is no answer: {value:#}");
}
