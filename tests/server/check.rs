//! `config check` as a person runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn check(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailproof"))
        .current_dir(dir)
        .args(["config", "check", "--no-dns"])
        .args(args)
        .output()
        .unwrap()
}

pub fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// The codes found, in order.
pub fn codes(out: &Output) -> Vec<String> {
    let value: serde_json::Value =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stderr)));
    value["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_string()).collect()
}

pub fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

/// The recipe that most guides give. A forger's own `spf=pass` gets past it.
const RECIPE: &[(&str, &str)] = &[
    (
        "etc/postfix/main.cf",
        "myhostname = mx.example.com\nsmtpd_recipient_restrictions =\n    permit_mynetworks,\n    reject_unauth_destination,\n    check_policy_service unix:private/policyd-spf\nsmtpd_milters = inet:localhost:8892, inet:localhost:8893\nmilter_default_action = accept\n",
    ),
    (
        "etc/postfix/master.cf",
        "smtp inet n - y - - smtpd\npolicyd-spf unix - n n - 0 spawn\n  user=policyd-spf argv=/usr/bin/policyd-spf\n",
    ),
    (
        "etc/opendkim.conf",
        "Mode v\nSocket inet:8892@localhost\nAuthservID mx.example.com\nAlwaysAddARHeader yes\nNameservers 127.0.0.1\n",
    ),
    (
        "etc/opendmarc.conf",
        "Socket inet:8893@localhost\nAuthservID mx.example.com\nTrustedAuthservIDs mx.example.com\nRejectFailures true\nRequiredHeaders true\n",
    ),
    (
        "etc/postfix-policyd-spf-python/policyd-spf.conf",
        "HELO_reject = False\nMail_From_reject = False\nHeader_Type = AR\nAuthserv_Id = mx.example.com\n",
    ),
];

#[test]
fn the_common_recipe() {
    let dir = root(RECIPE);
    let out = check(dir.path(), &["--root", "."]);
    assert_eq!(out.status.code(), Some(1));
    insta::assert_snapshot!(text(&out.stdout));
    let out = check(dir.path(), &["--root", ".", "--format", "json"]);
    assert_eq!(codes(&out), ["CONF008", "CONF005", "CONF005"]);
}

/// Each row changes one line of the recipe and names what is then said beside what the recipe already is.
#[test]
fn one_fault_more() {
    for (path, old, new, want) in [
        ("etc/opendkim.conf", "inet:8892@localhost", "inet:8891@localhost", "CONF001"),
        // That both ids are named, `cases` shows.
        ("etc/opendmarc.conf", "TrustedAuthservIDs mx.example.com", "TrustedAuthservIDs other.example", "CONF004"),
        ("etc/postfix-policyd-spf-python/policyd-spf.conf", "Authserv_Id = mx.example.com", "", "CONF004"),
        (
            "etc/postfix/main.cf",
            "inet:localhost:8892, inet:localhost:8893",
            "inet:localhost:8893, inet:localhost:8892",
            "CONF006",
        ),
        ("etc/postfix/main.cf", "check_policy_service unix:private/policyd-spf", "permit", "CONF006"),
        ("etc/opendmarc.conf", "RejectFailures true", "SPFIgnoreResults true", "CONF009"),
        ("etc/opendmarc.conf", "RejectFailures true\n", "", "CONF016"),
        ("etc/opendmarc.conf", "RequiredHeaders true\n", "", "CONF017"),
        ("etc/opendkim.conf", "Nameservers 127.0.0.1", "", "CONF012"),
        ("etc/postfix-policyd-spf-python/policyd-spf.conf", "HELO_reject = False", "HELO_reject = Fail", "CONF013"),
        ("etc/opendkim.conf", "Mode v", "Mode sv", "CONF011"),
        ("etc/opendkim.conf", "Mode v", "Mode sv", "CONF014"),
        (
            "etc/postfix/master.cf",
            "smtp inet",
            "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\nsmtp inet",
            "CONF007",
        ),
    ] {
        let files: Vec<(&str, String)> =
            RECIPE.iter().map(|(p, t)| (*p, if *p == path { t.replace(old, new) } else { (*t).to_string() })).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let dir = root(&files);
        let found = codes(&check(dir.path(), &["--root", ".", "--format", "json"]));
        assert!(found.iter().any(|c| c == want), "{path}: {new}: {found:?}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    for (path, content, want) in [
        ("etc/opendkim.conf", &b"Mode v\nSocket\n"[..], "opendkim.conf:2: `Socket` has a name and no value"),
        ("etc/opendkim.conf", b"Mode v\nKeyTable /etc/none\n", "opendkim.conf:2: `KeyTable /etc/none` names /etc/none"),
        ("etc/opendkim.conf", b"Mode \xff\n", "/etc/opendkim.conf:1: not text in UTF-8"),
        ("etc/postfix/main.cf", b"myhostname = a\nsmtpd_mil", "main.cf:2: `smtpd_mil` is no parameter"),
        ("etc/opendmarc.conf", b"AuthservID\n", "opendmarc.conf:1: `AuthservID`"),
        ("etc/nothing", b"", "no configuration of a mail server was found"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        let out = check(dir.path(), &["--root", "."]);
        assert_eq!(out.status.code(), Some(2), "{path}");
        assert!(text(&out.stderr).contains(want), "{path}: {}", text(&out.stderr));
    }
    // A folder where a file should be.
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("etc/opendkim.conf")).unwrap();
    let out = check(dir.path(), &["--root", "."]);
    assert!(text(&out.stderr).contains("is no file"), "{}", text(&out.stderr));
}

/// Whoever may not read a file is told which, and what can be read is judged all the same.
#[test]
fn a_file_that_only_root_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let root_runs = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root_runs || !Path::new("/usr/bin/setpriv").exists() {
        eprintln!("SKIPPED: only root, with setpriv, can be somebody else");
        return;
    }
    let dir = root(RECIPE);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(dir.path().join("etc/opendmarc.conf"), fs::Permissions::from_mode(0o600)).unwrap();
    // The program may lie where nobody else may go.
    let program = dir.path().join("mailproof");
    fs::copy(env!("CARGO_BIN_EXE_mailproof"), &program).unwrap();
    let out = Command::new("setpriv")
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(&program)
        .current_dir(dir.path())
        .args(["config", "check", "--no-dns", "--root", "."])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    let said = text(&out.stderr);
    assert!(said.contains("etc/opendmarc.conf cannot be read") && said.contains("Permission denied"), "{said}");
    assert!(text(&out.stdout).contains("CONF008"), "{}", text(&out.stdout));
}

/// Configurations of OpenDKIM's own tests and of docker-mailserver: findings or a clear error for each, never a crash.
#[test]
fn field_samples() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = corpus.join("dkim-opendkim/config");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let mut seen = 0;
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "conf")) {
        let out = check(&folder, &["--opendkim", file.to_str().unwrap(), "--format", "json"]);
        let code = out.status.code();
        assert!(matches!(code, Some(0..=2)), "{}: {code:?} {}", file.display(), text(&out.stderr));
        assert!(code != Some(2) || text(&out.stderr).contains("error: "), "{}: no reason", file.display());
        seen += 1;
    }
    assert!(seen > 30, "only {seen} samples");
    // docker-mailserver's tables, under a configuration as it has them.
    let tables = corpus.join("opendkim-tables-dms");
    let dir = root(&[(
        "etc/opendkim.conf",
        "Mode sv\nUserID opendkim\nOversignHeaders From\nNameservers 127.0.0.1\nKeyTable refile:/etc/opendkim/KeyTable\nSigningTable refile:/etc/opendkim/SigningTable\nInternalHosts /etc/opendkim/TrustedHosts\n",
    )]);
    fs::create_dir_all(dir.path().join("etc/opendkim")).unwrap();
    for name in ["KeyTable", "SigningTable", "TrustedHosts"] {
        fs::copy(tables.join(name), dir.path().join("etc/opendkim").join(name)).unwrap();
    }
    let profile = "version: 1\ndomains:\n  - {domain: localhost.localdomain, hosts: [{name: mail.localhost.localdomain}], dkim: [{selector: mail, algorithm: rsa2048, key: a}]}\n  - {domain: third.example, hosts: [{name: mail.third.example}], dkim: [{selector: mail, algorithm: rsa2048, key: a}]}\n";
    fs::write(dir.path().join("mailproof.yaml"), profile).unwrap();
    let out = check(dir.path(), &["--root", ".", "--format", "json"]);
    let found = codes(&out);
    // The keys are not where the table says, and nothing signs for the third domain.
    assert!(found.contains(&"CONF002".to_string()) && found.contains(&"CONF003".to_string()), "{found:?}");
    assert_eq!(found.iter().filter(|c| *c == "CONF003").count(), 1, "{}", text(&out.stdout));
}

/// What Rspamd's files include is read, each finding at its own file and line; of two values the higher priority counts.
#[test]
fn included_files_of_rspamd() {
    const MAIN: (&str, &str) = (
        "etc/postfix/main.cf",
        "myhostname = mx.example.com\nvirtual_mailbox_domains = example.com\nsmtpd_milters = inet:localhost:11332\n",
    );
    const ACTIONS: (&str, &str) = (
        "etc/rspamd/local.d/force_actions.conf",
        "rules { A { expression = \"MULTIPLE_FROM\"; action = \"reject\"; } }\n",
    );
    const HEADERS: (&str, &str) = (
        "etc/rspamd/local.d/milter_headers.conf",
        "use = [\"authentication-results\"];\n.include(try=true) \"$LOCAL_CONFDIR/not-there.conf\"\n",
    );
    let check_with = |more: &[(&str, &str)]| {
        let dir = root(&[&[MAIN, ACTIONS, HEADERS], more].concat());
        check(dir.path(), &["--root", ".", "--format", "json"])
    };
    for (what, files, want) in [
        ("nothing said", &[("etc/rspamd/local.d/dmarc.conf", "actions { }\n")][..], &["CONF016"][..]),
        (
            "refused by an included file, in its section",
            &[
                ("etc/rspamd/local.d/dmarc.conf", "actions {\n  .include \"$CONFDIR/refuse.conf\"\n}\n"),
                ("etc/rspamd/refuse.conf", "reject = \"reject\";\n"),
            ],
            &[],
        ),
        (
            "the include counts less than the file, which has priority 1",
            &[
                (
                    "etc/rspamd/local.d/dmarc.conf",
                    "actions { reject = \"add_header\"; }\n.include \"/etc/rspamd/b.conf\"\n",
                ),
                ("etc/rspamd/b.conf", "actions { reject = \"reject\"; }\n"),
            ],
            &["CONF016"],
        ),
        (
            "and more where it says so",
            &[
                (
                    "etc/rspamd/local.d/dmarc.conf",
                    "actions { reject = \"add_header\"; }\n.include(priority=5,duplicate=merge) \"${CONFDIR}/b.conf\"\n",
                ),
                ("etc/rspamd/b.conf", "actions { reject = \"reject\"; }\n"),
            ],
            &[],
        ),
        (
            "override.d counts most",
            &[
                ("etc/rspamd/local.d/dmarc.conf", "actions { reject = \"reject\"; }\n"),
                ("etc/rspamd/override.d/dmarc.conf", "actions { reject = \"add_header\"; }\n"),
            ],
            &["CONF016"],
        ),
        (
            "a folder's files",
            &[
                ("etc/rspamd/local.d/dmarc.conf", ".include(glob=true) \"$CONFDIR/dmarc/*.conf\"\n"),
                ("etc/rspamd/dmarc/a.conf", "actions { reject = \"reject\"; }\n"),
                ("etc/rspamd/dmarc/a.txt", "actions {"),
            ],
            &[],
        ),
    ] {
        let out = check_with(files);
        assert_eq!(codes(&out), want, "{what}: {}", text(&out.stdout));
    }
    // A key that is not there, named by an included file: told with that file and line.
    let out = check_with(&[
        ("etc/rspamd/local.d/dmarc.conf", "actions { reject = \"reject\"; }\n"),
        ("etc/rspamd/local.d/dkim_signing.conf", ".include \"$CONFDIR/keys.conf\"\n"),
        (
            "etc/rspamd/keys.conf",
            "# keys\ndomain { example.com { selectors = [ { selector = \"s1\";\n  path = \"/etc/dkimkeys/none\"; } ]; } }\n",
        ),
    ]);
    let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let found = &value["findings"][0];
    assert_eq!((found["code"].as_str(), found["location"]["line"].as_u64()), (Some("CONF002"), Some(3)), "{value:#}");
    assert_eq!(found["location"]["path"], "/etc/rspamd/keys.conf");
    // What cannot be followed is told, at its place.
    for (file, more, want) in [
        (
            ".include \"$CONFDIR/none.conf\"\n",
            "",
            "dmarc.conf:1: `.include \"$CONFDIR/none.conf\"` names a file that is not there",
        ),
        (".include \"$CONFDIR/b.conf\"\n", "actions {\n", "/etc/rspamd/b.conf:2: `` is not closed"),
        (".include \"$CONFDIR/b.conf\"\n", ".include \"$CONFDIR/b.conf\"\n", "does a file include itself?"),
    ] {
        let out = check_with(&[("etc/rspamd/local.d/dmarc.conf", file), ("etc/rspamd/b.conf", more)]);
        assert!(text(&out.stderr).contains(want), "{file}: {}", text(&out.stderr));
    }
}
