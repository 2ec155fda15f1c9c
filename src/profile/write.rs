//! Writing a commented profile.
//!
//! What is written reads back as the same profile. Only the wizard writes; afterwards the file is the person's, so an
//! existing one is never lost.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::profile::load;
use crate::profile::schema::{Dmarc, Domain, Host, KeyState, Profile, PsdFlag, Sender, SpfAll, StsMode};

/// The profile as commented YAML.
pub fn text(profile: &Profile) -> String {
    let mut out = String::from(
        "# What your domains are meant to be. Edit it freely: `mailproof plan` shows what would change,\n\
         # `mailproof push` publishes it, `mailproof records` prints the records.\n",
    );
    let _ = writeln!(out, "version: {}\n", profile.version);
    if let Some(settings) = &profile.lint {
        out.push_str("# How `mailproof lint` sees zones.\nlint:\n");
        let section = serde_yaml::to_string(settings).unwrap_or_default();
        // Settings of which none is set are written as `{}`, and a key alone says as much.
        for line in section.lines().filter(|l| *l != "{}") {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
    out.push_str("domains:\n");
    for (i, one) in profile.domains.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        domain(one, &mut out);
    }
    out
}

/// Writes the profile at `path`, whole or not at all. A file that stands there with other contents is kept beside it,
/// under the name that is returned.
///
/// # Errors
/// A configuration error when the folder cannot be written.
pub fn save(path: &Path, profile: &Profile) -> Result<Option<PathBuf>> {
    save_text(path, &text(profile))
}

/// The same for any file of which the text is known.
///
/// # Errors
/// As [`save`].
pub fn save_text(path: &Path, text: &str) -> Result<Option<PathBuf>> {
    let shown = path.display();
    let cannot = |e: std::io::Error| Error::config(format!("{shown} cannot be written")).because(e);
    let folder = load::folder(path);
    let mut file = tempfile::Builder::new().prefix(".mailproof-").tempfile_in(folder).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    // The library makes it for its owner alone; it holds no secret, and others may want to read it.
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)).map_err(cannot)?;
    file.as_file().sync_all().map_err(cannot)?;
    let same = fs::read(path).is_ok_and(|there| there == text.as_bytes());
    let backup = if path.symlink_metadata().is_ok() && !same { Some(set_aside(path).map_err(cannot)?) } else { None };
    file.persist(path).map_err(|e| cannot(e.error))?;
    Ok(backup)
}

/// Gives the file a second name, `NAME.1` or the next that is free, so that it survives being replaced.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let mut n = 1u32;
    loop {
        let mut name = path.as_os_str().to_os_string();
        name.push(format!(".{n}"));
        let backup = PathBuf::from(name);
        match fs::hard_link(path, &backup) {
            Ok(()) => return Ok(backup),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && n < 10_000 => n += 1,
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(e),
            // File systems without links.
            Err(_) => return fs::copy(path, &backup).map(|_| backup),
        }
    }
}

fn domain(domain: &Domain, out: &mut String) {
    let mut put = |line: &str| {
        // What a key is for is said once, however many domains there are.
        if line.starts_with("    #") && out.contains(line) {
            return;
        }
        out.push_str(line);
        out.push('\n');
    };
    put(&format!("  - domain: {}", scalar(&domain.domain)));
    if domain.parked {
        put("    # It sends and receives no mail, and its records say so.");
        put("    parked: true");
    }
    if !domain.hosts.is_empty() {
        put("");
        put("    # Your own mail servers. Mail may come from their addresses; `mx` makes one receive (lowest first).");
        put("    hosts:");
        domain.hosts.iter().for_each(|h| host(h, &mut put));
    }
    if !domain.senders.is_empty() {
        put("");
        put("    # Services that send mail for the domain.");
        put("    senders:");
        domain.senders.iter().for_each(|s| sender(s, &mut put));
    }
    if !domain.parked {
        put("");
        put("    # Mail from anywhere else: fail (-all), softfail (~all) or neutral (?all).");
        put("    spf:");
        put(&format!("      all: {}", all(domain.spf.all)));
        if !domain.spf.terms.is_empty() {
            put(&format!("      terms: {}", list(&domain.spf.terms)));
        }
        if !domain.spf.drop.is_empty() {
            put(&format!("      drop: {}", list(&domain.spf.drop)));
        }
    }
    if !domain.dkim.is_empty() {
        put("");
        put("    # Keys that sign. State: active, next (published ahead of use) or revoked.");
        put("    dkim:");
        for key in &domain.dkim {
            put(&format!("      - selector: {}", scalar(&key.selector)));
            put(&format!("        algorithm: {}", key.algorithm));
            put(&format!("        key: {}", scalar(&key.key.to_string_lossy())));
            if let Some(created) = &key.created {
                put(&format!("        created: {}", scalar(created)));
            }
            if key.state != KeyState::Active {
                put(&format!("        state: {}", if key.state == KeyState::Next { "next" } else { "revoked" }));
            }
        }
    }
    dmarc(&domain.dmarc, domain.parked, &mut put);
    if let Some(sts) = &domain.mta_sts {
        put("");
        put("    # Senders must use TLS: testing (report only) or enforce. Raise `id` with every change.");
        put("    mta_sts:");
        put(&format!("      mode: {}", sts_mode(sts.mode)));
        put(&format!("      max_age: {}", sts.max_age));
        put(&format!("      id: {}", scalar(&sts.id)));
    }
    if let Some(rpt) = &domain.tls_rpt {
        put("");
        put("    # Where senders report failed encryption.");
        put("    tls_rpt:");
        put(&format!("      reports: {}", list(&rpt.reports)));
    }
    put("");
    put("    # How long resolvers may keep the records, in seconds.");
    put(&format!("    ttl: {}", domain.ttl));
    if let Some(provider) = &domain.provider {
        put("");
        put("    # Where the zone is kept. Credentials never stand here: they come from the environment.");
        put("    provider:");
        put(&format!("      id: {}", scalar(&provider.id)));
        for (key, value) in [("zone", &provider.zone), ("endpoint", &provider.endpoint)] {
            if let Some(value) = value {
                put(&format!("      {key}: {}", scalar(value)));
            }
        }
        if !provider.settings.is_empty() {
            put("      settings:");
            for (key, value) in &provider.settings {
                put(&format!("        {}: {}", scalar(key), scalar(value)));
            }
        }
    }
    if let Some(server) = &domain.server {
        put("");
        put("    # The software on your server.");
        let texts = |list: &[String]| (!list.is_empty()).then(|| self::list(list));
        let resolvers: Vec<String> = server.resolvers.iter().map(ToString::to_string).collect();
        let one = |value: &Option<String>| value.as_deref().map(scalar);
        let parts = [
            ("sending", one(&server.sending)),
            ("receiving", one(&server.receiving)),
            ("system", one(&server.system)),
            ("authserv_id", one(&server.authserv_id)),
            ("resolvers", texts(&resolvers)),
            ("networks", texts(&server.networks)),
            ("reject", (!server.reject).then(|| "false".to_string())),
        ];
        if parts.iter().all(|(_, value)| value.is_none()) {
            put("    server: {}");
        } else {
            put("    server:");
        }
        for (key, value) in parts {
            if let Some(value) = value {
                put(&format!("      {key}: {value}"));
            }
        }
    }
}

fn host(host: &Host, put: &mut impl FnMut(&str)) {
    put(&format!("      - name: {}", scalar(&host.name)));
    if !host.addresses.is_empty() {
        let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
        put(&format!("        addresses: {}", list(&addresses)));
    }
    if let Some(helo) = &host.helo {
        put(&format!("        helo: {}", scalar(helo)));
    }
    if !host.sends {
        put("        sends: false");
    }
    if let Some(mx) = host.mx {
        put(&format!("        mx: {mx}"));
    }
    if host.publish_addresses {
        put("        publish_addresses: true");
    }
}

fn sender(sender: &Sender, put: &mut impl FnMut(&str)) {
    put(&format!("      - name: {}", scalar(&sender.name)));
    if let Some(include) = &sender.include {
        put(&format!("        include: {}", scalar(include)));
    }
    if !sender.dkim_cnames.is_empty() {
        put("        dkim_cnames:");
        for cname in &sender.dkim_cnames {
            put(&format!("          - selector: {}", scalar(&cname.selector)));
            put(&format!("            target: {}", scalar(&cname.target)));
        }
    }
    if !sender.mx.is_empty() {
        put("        mx:");
        for mx in &sender.mx {
            put(&format!("          - preference: {}", mx.preference));
            put(&format!("            host: {}", scalar(&mx.host)));
        }
    }
}

fn dmarc(dmarc: &Dmarc, parked: bool, put: &mut impl FnMut(&str)) {
    if *dmarc == Dmarc::default() && parked {
        return;
    }
    if dmarc.inherited {
        put("");
        put("    # The record of the domain above it holds.");
        put("    dmarc:");
        put("      inherited: true");
        return;
    }
    put("");
    put("    # Mail that proves neither: none (watch), quarantine (spam folder) or reject.");
    put("    dmarc:");
    put(&format!("      policy: {}", dmarc.policy.name()));
    for (key, value) in [("subdomains", dmarc.subdomains), ("nonexistent", dmarc.nonexistent)] {
        if let Some(value) = value {
            put(&format!("      {key}: {}", value.name()));
        }
    }
    if let Some(psd) = dmarc.psd {
        put(&format!("      psd: {}", if psd == PsdFlag::Yes { "y" } else { "n" }));
    }
    let flags = [("testing", dmarc.testing), ("strict_dkim", dmarc.strict_dkim), ("strict_spf", dmarc.strict_spf)];
    for (key, _) in flags.iter().filter(|(_, on)| *on) {
        put(&format!("      {key}: true"));
    }
    if let Some(since) = &dmarc.since {
        put(&format!("      since: {}", scalar(since)));
    }
    for (key, addresses) in [("reports", &dmarc.reports), ("failure_reports", &dmarc.failure_reports)] {
        if !addresses.is_empty() {
            put(&format!("      {key}: {}", list(addresses)));
        }
    }
}

fn all(all: SpfAll) -> &'static str {
    match all {
        SpfAll::Fail => "fail",
        SpfAll::SoftFail => "softfail",
        SpfAll::Neutral => "neutral",
    }
}

fn sts_mode(mode: StsMode) -> &'static str {
    match mode {
        StsMode::Enforce => "enforce",
        StsMode::Testing => "testing",
        StsMode::None => "none",
    }
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|t| scalar(t)).collect();
    format!("[{}]", texts.join(", "))
}

/// A text as a YAML scalar that stands anywhere, in flow lists too: plain where nothing in it can be taken for syntax,
/// a number or a word with a meaning; else in double quotes (YAML 1.2 §5.7).
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '/' | '+' | '=' | ' ');
    let harmless = text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    let day = crate::profile::leaf::day(text).is_ok();
    let ipv4 = text.parse::<std::net::Ipv4Addr>().is_ok();
    if harmless || day || ipv4 {
        return text.into();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_well() {
        let profile = load::parse(
            "version: 1
domains:
  - domain: example.com
    hosts: [{name: mail.example.com, addresses: [192.0.2.10, '2001:db8::10'], mx: 10}]
    senders: [{name: Google Workspace, include: _spf.google.com}]
    dkim: [{selector: mp202611, algorithm: rsa2048, key: keys/example.com.mp202611.pem, created: 2026-11-25}]
    dmarc: {reports: [dmarc@example.com]}
    provider: {id: powerdns, endpoint: 'http://127.0.0.1:8081/api/v1', settings: {server: localhost}}
  - {domain: parked.example, parked: true}
",
            "p",
        )
        .unwrap();
        insta::assert_snapshot!(text(&profile));
    }

    #[test]
    fn settings_of_the_linter_stay() {
        let lint = "lint:\n  ignore: [DMARC018]\n  severity: {SPF013: error}\n  baseline: old.json\n  max_warnings: 0\n  \
                    paths: [{path: 'a # b/**', select: [SPF]}]\n";
        for lint in [lint, "lint: {}\n", ""] {
            let profile = load::parse(&format!("version: 1\n{lint}domains: [{{domain: example.com}}]"), "p").unwrap();
            let again = load::parse(&text(&profile), "p").unwrap();
            assert_eq!(again.lint.unwrap_or_default(), profile.lint.unwrap_or_default(), "{lint}");
        }
    }

    #[test]
    fn an_existing_file_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mailproof.yaml");
        let profile =
            |n: u32| load::parse(&format!("version: 1\ndomains: [{{domain: example.com, ttl: {n}}}]"), "p").unwrap();
        assert_eq!(save(&path, &profile(1)).unwrap(), None);
        assert_eq!(save(&path, &profile(1)).unwrap(), None, "the same again needs no backup");
        let first = save(&path, &profile(2)).unwrap().unwrap();
        let second = save(&path, &profile(3)).unwrap().unwrap();
        assert_eq!(load::load(&first).unwrap(), profile(1));
        assert_eq!(load::load(&second).unwrap(), profile(2));
        assert_eq!(load::load(&path).unwrap(), profile(3));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "no temporary file stays");
        assert!(save(&dir.path().join("none/p.yaml"), &profile(1)).is_err());
    }
}
