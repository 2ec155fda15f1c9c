//! `docs/providers.md`: what works with which provider, and how that was shown. The run itself writes it.
//!
//! After a change, `UPDATE_DOCS=1 cargo test --test provider table` writes it anew.

use std::collections::BTreeMap;
use std::path::Path;

use mailproof::model::name;
use mailproof::profile::schema::ProviderConfig;
use mailproof::provider::credential::Variables;
use mailproof::provider::definition::Definition;
use mailproof::provider::open::{Opening, open};
use mailproof::provider::{Provider, builtin};

use crate::credentials::{credentials, settings};
use crate::moto::Moto;
use crate::support::bind::Bind;
use crate::support::fake::Fake;
use crate::support::powerdns::PowerDns;
use crate::{fakes, fakes_more, journey, recorded_xml, replayed, shapes, traffic};

/// How something was shown.
const RECORDED: &str = "recorded";
const SERVER: &str = "server";
const EMULATOR: &str = "emulator";
const DOCUMENTED: &str = "shape";
const OPEN: &str = "—";

const ZONE: &str = "$ORIGIN example.test.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\n\
                    ns1 IN A 127.0.0.1\n@ IN MX 10 mail\nmail IN A 192.0.2.1\n";

/// A provider at a real server, or at a file.
fn opened(
    id: &str,
    endpoint: Option<String>,
    settings: &[(&str, &str)],
    credentials: &[(&str, &str)],
) -> Box<dyn Provider> {
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    };
    let config = ProviderConfig { id: id.into(), zone: None, endpoint, settings: own(settings).into_iter().collect() };
    let apex = name::domain("example.test").unwrap();
    let credentials = Variables::new(own(credentials));
    let opening = Opening {
        config: &config,
        apex: &apex,
        credentials: &credentials,
        base: Path::new(".").to_path_buf(),
        definitions: Vec::new(),
    };
    open(&opening).unwrap_or_else(|e| panic!("{id}: {e}"))
}

/// Carries the whole way at real servers and a real file; `None` where a server is not installed.
fn real() -> Option<()> {
    let apex = name::domain("example.test").unwrap();
    let runtime = traffic::runtime();
    let powerdns = PowerDns::start(&[("example.test", ZONE)])?;
    let provider = opened("powerdns", Some(powerdns.endpoint.clone()), &[], &[("PDNS_API_KEY", &powerdns.api_key)]);
    runtime.block_on(journey::whole(provider.as_ref(), &apex, 1000));
    let bind = Bind::start(&[("example.test", ZONE)])?;
    let key = format!("hmac-sha256:{}:{}", bind.key_name, bind.secret);
    let provider = opened("rfc2136", Some(format!("127.0.0.1:{}", bind.port)), &[], &[("MAILPROOF_TSIG_KEY", &key)]);
    runtime.block_on(journey::whole(provider.as_ref(), &apex, 1000));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("example.test.zone");
    std::fs::write(&file, ZONE).unwrap();
    let provider = opened("zone-file", None, &[("path", file.to_str().unwrap())], &[]);
    runtime.block_on(journey::whole(provider.as_ref(), &apex, 1000));
    Some(())
}

/// Stand-ins of the providers' documented shapes, with an empty zone, and the longest value that they store.
fn stand_ins() -> Vec<(&'static str, Fake, usize)> {
    let zone = || fakes::zone(&[]);
    vec![
        ("azure", fakes::azure(&zone()), 1000),
        ("conoha-v3", fakes_more::conoha_v3(&zone()), 1000),
        ("google", fakes_more::google(&zone()), 1000),
        ("iij-dpf", fakes_more::iij_dpf(&zone()).0, 1000),
        ("namecheap", fakes_more::namecheap(&zone()).0, 1000),
        ("netcup", fakes_more::netcup(&zone()), 1000),
        ("ovh", fakes_more::ovh(&zone()).0, 1000),
        ("sakuracloud", fakes::sakuracloud(&zone()), 500),
        ("value-domain", fakes::value_domain(&zone(), 0).0, 1000),
    ]
}

/// Carries the whole way at each stand-in: the longest value, by the provider's id.
fn stood_in() -> Vec<(&'static str, usize)> {
    let apex = name::domain(fakes::APEX).unwrap();
    let runtime = traffic::runtime();
    let one = |(id, fake, most): (&'static str, Fake, usize)| {
        let provider = opened(id, Some(fake.endpoint()), settings(id), &credentials());
        runtime.block_on(journey::whole(provider.as_ref(), &apex, most));
        (id, most)
    };
    stand_ins().into_iter().map(one).collect()
}

/// Reads zones of more than one page at stand-ins: the ids of their providers.
fn paged() -> Vec<&'static str> {
    let many = 1100;
    let names: Vec<String> = (0..many).map(|i| format!("n{i}")).collect();
    let records: Vec<_> = names.iter().map(|name| (name.as_str(), "TXT", 300, name.as_str(), None)).collect();
    let zone = || fakes::zone(&records);
    let all = [
        ("azure", fakes::azure(&zone())),
        ("google", fakes_more::google(&zone())),
        ("iij-dpf", fakes_more::iij_dpf(&zone()).0),
    ];
    let runtime = traffic::runtime();
    let one = |(id, fake): (&'static str, Fake)| {
        let provider = opened(id, Some(fake.endpoint()), settings(id), &credentials());
        let reading = runtime.block_on(provider.read(&[])).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(reading.snapshot.sets().count(), many, "{id}: every page is read");
        id
    };
    all.into_iter().map(one).collect()
}

/// Carries the whole way at the emulator of Route 53, over a zone of more than one page; `None` where it is missing.
fn emulated() -> Option<()> {
    let moto = Moto::start()?;
    let many = 320;
    let records: Vec<_> =
        (0..many).map(|i| (format!("n{i}.example.test."), "TXT".to_string(), 300, vec![format!("\"{i}\"")])).collect();
    moto.zone("example.test", &records);
    let provider = opened("route53", Some(moto.endpoint()), &[], &credentials());
    let apex = name::domain("example.test").unwrap();
    let runtime = traffic::runtime();
    let reading = runtime.block_on(provider.read(&[])).unwrap();
    let read = reading.snapshot.sets().filter(|set| set.rtype == hickory_proto::rr::RecordType::TXT).count();
    assert_eq!(read, many, "Route 53 gives 300 sets a page");
    runtime.block_on(journey::whole(provider.as_ref(), &apex, 1000));
    Some(())
}

/// The cells of one row: list, create, update, delete, long TXT, paging.
type Row = [String; 6];

fn row(cells: [&str; 6]) -> Row {
    cells.map(str::to_string)
}

/// What the run showed, by the provider's id; `None` where recordings or servers are missing.
fn rows() -> Option<BTreeMap<String, Row>> {
    let compared = traffic::compared()?;
    let carried = replayed::carried()?;
    let shown = shapes::shown()?;
    real()?;
    let mut out = BTreeMap::new();
    for (id, compared) in compared {
        assert!(carried[id].is_some());
        let by = |op: &str, count: usize| match count {
            0 if shapes::documented_write(id, op) => DOCUMENTED,
            0 => OPEN,
            _ => RECORDED,
        };
        let (long, paging) = match shown.get(id) {
            Some(shown) => (
                format!("{DOCUMENTED}, {} octets", shown.most),
                // A second page may be in the recording itself.
                if traffic::second_pages().contains(id) {
                    RECORDED
                } else {
                    shown.paged.map_or("one answer", |_| DOCUMENTED)
                },
            ),
            None => (OPEN.to_string(), OPEN),
        };
        let cells = [
            RECORDED,
            by("create", compared.creates),
            by("update", compared.updates),
            by("delete", compared.deletes),
            &long,
            paging,
        ];
        out.insert((*id).to_string(), row(cells));
    }
    for (id, _, pages) in shapes::DOCUMENTED {
        let long = format!("{DOCUMENTED}, 1000 octets");
        let paging = if *pages { DOCUMENTED } else { "one answer" };
        out.insert((*id).to_string(), row([DOCUMENTED, DOCUMENTED, DOCUMENTED, DOCUMENTED, &long, paging]));
    }
    let definitions = builtin::definitions().unwrap();
    for (id, most) in stood_in() {
        // What a recording shows is more.
        let cells = out.entry(id.to_string()).or_insert_with(|| row([OPEN; 6]));
        for cell in cells.iter_mut().take(4).filter(|cell| *cell == OPEN) {
            *cell = DOCUMENTED.into();
        }
        cells[4] = format!("{DOCUMENTED}, {most} octets");
        let one_answer = definitions.iter().find(|d| d.id == id).is_none_or(|d| d.list.paginate.is_none());
        if one_answer {
            cells[5] = "one answer".into();
        }
    }
    for id in paged() {
        out.get_mut(id).unwrap()[5] = DOCUMENTED.into();
    }
    emulated()?;
    for (id, counted) in recorded_xml::all_held()? {
        let by = |count: usize| if count > 0 { RECORDED } else { OPEN };
        let (long, paging) = match id {
            "route53" => (format!("{EMULATOR}, 1000 octets"), EMULATOR.to_string()),
            _ => (out[id][4].clone(), out[id][5].clone()),
        };
        let cells = [RECORDED, by(counted.creates), by(counted.updates), by(counted.deletes), &long, &paging];
        out.insert(id.to_string(), row(cells));
    }
    let served = format!("{SERVER}, 1000 octets");
    for id in ["powerdns", "rfc2136", "zone-file"] {
        out.insert(id.to_string(), row([SERVER, SERVER, SERVER, SERVER, &served, "one answer"]));
    }
    Some(out)
}

fn text(definitions: &[Definition], rows: &BTreeMap<String, Row>) -> String {
    let mut out = String::from(
        "# Providers\n\n\
         What mailproof does with each provider, and how that was shown. The test run writes this page:\n\
         `UPDATE_DOCS=1 cargo test --test provider table`.\n\n\
         - **recorded**: held against real traffic between the provider and another client: listings are understood,\n  \
         requests are the same, and a server made of the recording carries a push, an empty second plan and a delete.\n\
         - **server**: carried out at a real server: PowerDNS, BIND, a file on disk.\n\
         - **emulator**: carried out at moto, which behaves like Amazon's services.\n\
         - **shape**: carried out at a stand-in of the form that the provider's documentation gives, and nothing else.\n\
         - **—**: not shown by this run.\n\n\
         Long TXT: the longest value that was tried and taken; what a provider cannot store is refused before anything is\n\
         sent. After every push mailproof reads the zone back, whatever this table says.\n\n\
         | provider | list | create | update | delete | long TXT | paging |\n|---|---|---|---|---|---|---|\n",
    );
    let open = row([OPEN; 6]);
    let mut all: Vec<(&str, &str)> = definitions.iter().map(|d| (d.id.as_str(), d.title.as_str())).collect();
    all.extend([
        ("namecheap", "Namecheap"),
        ("rfc2136", "RFC 2136 with TSIG"),
        ("route53", "Amazon Route 53"),
        ("zone-file", "Zone file on disk"),
    ]);
    let known = |id: &String| all.iter().any(|(known, _)| known == id);
    assert!(rows.keys().all(known), "what is shown is a provider");
    all.sort_by_key(|(_, title)| title.to_lowercase());
    for (id, title) in &all {
        out.push_str(&format!("| {title} (`{id}`) | {} |\n", rows.get(*id).unwrap_or(&open).join(" | ")));
    }
    out.push_str(
        "\n## Credentials\n\nThey are taken from `--credentials FILE`, the environment or the terminal, never from the profile.\n\n\
         | provider | variable | what | where |\n|---|---|---|---|\n",
    );
    for (id, title) in &all {
        let Some(definition) = definitions.iter().find(|d| d.id == *id) else { continue };
        for credential in definition.credentials.values() {
            let place = definition.docs.as_deref().unwrap_or("");
            let hint = credential.hint.as_deref().map(|h| format!("; {h}")).unwrap_or_default();
            out.push_str(&format!("| {title} | `{}` | {}{hint} | <{place}> |\n", credential.env, credential.what));
        }
    }
    for (title, variable, what, place) in [
        ("Amazon Route 53", "AWS_ACCESS_KEY_ID", "access key id", "<https://console.aws.amazon.com/iam/>"),
        ("Amazon Route 53", "AWS_SECRET_ACCESS_KEY", "secret access key", "<https://console.aws.amazon.com/iam/>"),
        ("Namecheap", "NAMECHEAP_API_USER", "API user", "<https://ap.www.namecheap.com/settings/tools/apiaccess/>"),
        ("Namecheap", "NAMECHEAP_API_KEY", "API key", "<https://ap.www.namecheap.com/settings/tools/apiaccess/>"),
    ] {
        out.push_str(&format!("| {title} | `{variable}` | {what} | {place} |\n"));
    }
    out.push_str("| RFC 2136 with TSIG | `MAILPROOF_TSIG_KEY` | TSIG key, as `algorithm:name:secret` | your name server's configuration |\n");
    out
}

#[test]
fn the_page_is_what_the_run_shows() {
    let Some(rows) = rows() else {
        eprintln!("SKIPPED: without recordings and servers nothing can be said of the page");
        return;
    };
    let text = text(&builtin::definitions().unwrap(), &rows);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/providers.md is not what the run shows: UPDATE_DOCS=1 cargo test --test provider table"
    );
}
