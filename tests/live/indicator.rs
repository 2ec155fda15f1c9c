//! BIMI logos at a real HTTPS server, and the page about a domain that has everything.

use crate::check::{check, codes, zone};
use crate::support::authority::Authority;
use crate::support::bind::Bind;
use crate::support::loopback::{address, can_serve};
use crate::support::nginx::{Nginx, Site};
use crate::support::{mailproof, told};

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"><title>Example</title><rect width="64" height="64" fill="#123456"/></svg>"##;

/// The domain, its logo, the server's words around it, the codes, why.
const ROWS: &[(&str, &str, &str, &[&str], &str)] = &[
    ("good", LOGO, "", &[], "a logo as it should be"),
    (
        "moved",
        LOGO,
        "location /logo.svg { return 302 /other.svg; } location /other.svg",
        &[],
        "one redirect is followed",
    ),
    ("gone", LOGO, "location /logo.svg { return 410; } location /other.svg", &["BIMI003"], "no such file"),
    (
        "circle",
        LOGO,
        "location /logo.svg { return 302 /logo.svg; } location /other.svg",
        &["BIMI003"],
        "redirects without end",
    ),
    (
        "plain",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 2 1\"/>",
        "",
        &["BIMI003"],
        "an SVG of another profile",
    ),
    (
        "script",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\" viewBox=\"0 0 1 1\"><title>x</title><script>alert(1)</script></svg>",
        "",
        &["BIMI003"],
        "a script",
    ),
    ("photo", "\u{89}PNG", "", &["BIMI003"], "no SVG at all"),
    ("large", "", "", &["BIMI003"], "over 32 kB"),
    ("weak", LOGO, "", &["BIMI002"], "a logo, and a policy of none"),
    ("declined", "", "", &[], "the record declines to take part"),
];

#[test]
fn logos_as_mailboxes_fetch_them() {
    if !can_serve() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let hosts: Vec<String> = ROWS.iter().map(|(name, ..)| format!("www.{name}.test")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let credentials = authority.issue(dir.path(), &names, 2060);
    let mut records = String::new();
    let mut sites = Vec::new();
    for ((name, logo, location, ..), host) in ROWS.iter().zip(&hosts) {
        let root = dir.path().join(name);
        std::fs::create_dir(&root).unwrap();
        let large = LOGO.replace("Example", &" ".repeat(40_000));
        let logo = if *name == "large" { &large } else { *logo };
        std::fs::write(root.join("logo.svg"), logo).unwrap();
        std::fs::write(root.join("other.svg"), logo).unwrap();
        let location = if location.is_empty() { "location /" } else { location };
        let body = format!("{location} {{ root {}; types {{ image/svg+xml svg; }} }}", root.display());
        sites.push(Site { name: host, credentials: &credentials, body });
        let policy = if *name == "weak" { "none" } else { "reject" };
        let place = if *name == "declined" { String::new() } else { format!("https://{host}/logo.svg") };
        records.push_str(&format!(
            "{name} TXT \"v=spf1 {} -all\"\n_dmarc.{name} TXT \"v=DMARC1; p={policy}\"\n{host}. A {}\n\
             default._bimi.{name} TXT \"v=BIMI1; l={place};\"\n",
            // What strangers publish must stay text in the page.
            if *name == "script" { "x=<b>&amp;</b>" } else { "" },
            address(210)
        ));
    }
    let Some(_nginx) = Nginx::start(address(210), &sites) else { return };
    let Some(bind) = Bind::start(&[("test", &zone("test", &records))]) else { return };
    let trusted = authority.file(dir.path());
    for (name, _, _, want, why) in ROWS {
        let value = check(bind.port, &trusted, &format!("{name}.test"), &["--no-smtp"]);
        assert_eq!(codes(&value, &["BIMI"]), *want, "{name}: {why}: {value:#}");
    }
    let page = |domain: &[&str]| {
        mailproof()
            .args([
                "check",
                "--nameserver",
                &format!("127.0.0.1:{}", bind.port),
                "--format",
                "html",
                "--no-smtp",
                "--ca-file",
            ])
            .arg(&trusted)
            .args(domain)
            .output()
            .unwrap()
    };
    let output = page(&["script.test"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"), "{}", told(&output));
    for part in [
        "BIMI003",
        "the profile has no element <code>script</code>",
        "SVG Tiny PS",
        "v=spf1 x=&lt;b&gt;&amp;amp;&lt;/b&gt; -all",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Complete in itself: nothing is loaded, nothing runs. The empty icon keeps browsers from asking for one.
    let text = text.replace("<link rel=\"icon\" href=\"data:,\">", "");
    for part in ["<script", "<link", "<img", "src=", "url(", "@import", " href="] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert_eq!(page(&["good.test", "weak.test"]).status.code(), Some(2), "a page is about one domain");
}
