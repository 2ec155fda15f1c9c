//! Archives and documents that want to do harm: each refused with a sentence that says why, in bounded memory.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use mailproof::feedback::{limits, read_document, reports_in_message, unpack};
use zip::write::SimpleFileOptions;

const REPORT: &str = "<feedback><report_metadata><org_name>o.example</org_name><report_id>1</report_id><date_range>\
    <begin>1700000000</begin><end>1700086399</end></date_range></report_metadata><policy_published>\
    <domain>example.com</domain><p>none</p></policy_published>ROWS</feedback>";
const ROW: &str = "<record><row><source_ip>192.0.2.1</source_ip><count>1</count></row></record>";

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(octets).unwrap();
    packer.finish().unwrap()
}

/// A gzip stream of `mib` MiB of `octet`, built without holding them.
fn bomb(octet: u8, mib: usize) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let piece = vec![octet; 1 << 20];
    (0..mib).for_each(|_| packer.write_all(&piece).unwrap());
    packer.finish().unwrap()
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(octets).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn zip_bomb(mib: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let piece = vec![0; 1 << 20];
    for member in ["a.xml", "b.xml"] {
        writer.start_file(member, SimpleFileOptions::default()).unwrap();
        (0..mib / 2).for_each(|_| writer.write_all(&piece).unwrap());
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives() {
    let report = REPORT.replace("ROWS", ROW);
    let report = report.as_bytes();
    let too_much = usize::try_from(limits::UNPACKED >> 20).unwrap() + 4;
    let many: Vec<(String, &[u8])> = (0..=limits::MEMBERS).map(|i| (format!("{i}.xml"), report)).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, o)| (n.as_str(), *o)).collect();
    let mut cut = archive(&[("a.xml", report)]);
    cut.truncate(cut.len() - 30);
    let rows: Vec<(&str, Vec<u8>, Result<usize, &str>)> = vec![
        ("as it is", report.to_vec(), Ok(1)),
        ("gzip", gzip(report), Ok(1)),
        ("two gzip members after each other, one report", [gzip(&report[..50]), gzip(&report[50..])].concat(), Ok(1)),
        ("gzip with something behind it", [gzip(report), b"garbage".to_vec()].concat(), Ok(1)),
        ("zip", archive(&[("a.xml", report)]), Ok(1)),
        ("zip with two reports", archive(&[("a.xml", report), ("b.xml", report)]), Ok(2)),
        ("zip from a Macintosh", archive(&[("a.xml", report), ("__MACOSX/._a.xml", b"x")]), Ok(1)),
        ("gzip bomb", bomb(b' ', too_much), Err("unpacks to more than 128 MiB")),
        ("zip bomb, in two members", zip_bomb(too_much), Err("unpacks to more than 128 MiB")),
        ("gzip in gzip", gzip(&gzip(report)), Err("an archive in an archive")),
        ("zip in zip", archive(&[("a.zip", &archive(&[("a.xml", report)]))]), Err("an archive in an archive")),
        ("gzip in zip", archive(&[("a.gz", &gzip(report))]), Err("an archive in an archive")),
        ("a path upwards", archive(&[("../../etc/cron.d/a", report)]), Err("`../../etc/cron.d/a`, a path out of it")),
        ("a path from the root", archive(&[("/etc/passwd", report)]), Err("a path out of it")),
        ("a path of Windows", archive(&[("..\\a.xml", report)]), Err("a path out of it")),
        ("too many members", archive(&many), Err("more than 64 members")),
        ("no members", archive(&[]), Err("is empty")),
        ("a zip that breaks off", cut, Err("cannot be read")),
        ("a gzip that is none", vec![0x1f, 0x8b, 0, 0, 0], Err("cannot be unpacked")),
    ];
    for (what, octets, want) in rows {
        match (unpack(&octets), want) {
            (Ok(documents), Ok(count)) => {
                assert_eq!(documents.len(), count, "{what}");
                assert!(documents.iter().all(|d| read_document(&d.octets).is_ok()), "{what}");
            }
            (Err(damage), Err(why)) => assert!(damage.to_string().contains(why), "{what}: {damage}"),
            (got, want) => panic!("{what}: {:?}, wanted {want:?}", got.map(|d| d.len())),
        }
    }
}

#[test]
fn documents() {
    let with = |rows: &str| REPORT.replace("ROWS", rows);
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>{}",
        with(ROW).replace("o.example", "&b;")
    );
    let outside = format!("<!DOCTYPE f SYSTEM \"file:///etc/passwd\">{}", with(ROW));
    let deep = with(&format!("{ROW}{}", "<x>".repeat(100)));
    let long = with(ROW).replace("o.example", &"x".repeat(20_000));
    let results =
        with(&ROW.replace("</record>", &format!("<auth_results>{}</auth_results></record>", "<dkim/>".repeat(500))));
    let unknown = with(ROW).replace("o.example", "&nbsp;o");
    let unended = with(ROW).replace("</feedback>", "");
    let rows: Vec<(&str, String, Result<&str, &str>)> = vec![
        ("whole", with(ROW), Ok("")),
        ("an entity bomb", laughs, Err("document type of its own, which may define entities: refused")),
        ("an entity from outside", outside, Err("may define entities: refused")),
        ("elements without end", deep, Err("more than 32 deep: refused")),
        ("an endless name", long, Err("holds more than 8192 octets: refused")),
        ("endless results", results, Err("more than 100 results: refused")),
        ("an entity that nobody knows stays as it stands", unknown, Ok("an entity that XML does not know")),
        ("a bare ampersand", with(ROW).replace("o.example", "a & b"), Ok("")),
        ("breaks off after a row", unended, Ok("breaks off before its end")),
        ("breaks off in its first row", with("<record><row><source_ip>192"), Err("no row that could be read")),
        ("no id", with(ROW).replace("<report_id>1</report_id>", ""), Err("no report id")),
        ("no rows", with(""), Err("no row that could be read")),
        ("other XML", "<html><body/></html>".into(), Err("no DMARC report: it begins with <html>")),
        ("a negative count", with(&ROW.replace("<count>1", "<count>-1")), Ok("count is no number")),
        ("NUL octets", "\0\0\0\0".into(), Err("neither XML nor JSON")),
        ("nothing", String::new(), Err("it is empty")),
        ("JSON of something else", "{\"a\":1}".into(), Err("no TLS report")),
        ("JSON without end", "[{".repeat(10), Err("neither XML nor JSON")),
        ("deep JSON", format!("{{\"a\":{}", "[".repeat(100_000)), Err("no TLS report")),
    ];
    for (what, text, want) in rows {
        match (read_document(text.as_bytes()), want) {
            (Ok(report), Ok("")) => {
                assert!(report.faults().is_empty(), "{what}: {:?}", report.faults())
            }
            (Ok(report), Ok(fault)) => {
                assert!(report.faults().join("; ").contains(fault), "{what}: {:?}", report.faults())
            }
            (Err(damage), Err(why)) => assert!(damage.to_string().contains(why), "{what}: {damage}"),
            (got, want) => panic!("{what}: {got:?}, wanted {want:?}"),
        }
    }
}

#[test]
fn messages() {
    let report = gzip(REPORT.replace("ROWS", ROW).as_bytes());
    let base64 = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&report)
    };
    let part =
        format!("--x\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\r\n");
    let message =
        |parts: &str| format!("From: a@o.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{parts}--x--\r\n");
    let nested = |depth: usize| {
        let mut text = String::from("From: a@o.example\r\n");
        for i in 0..depth {
            text.push_str(&format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n"));
        }
        text
    };
    let rows: Vec<(&str, String, usize, usize)> = vec![
        ("one report", message(&part), 1, 0),
        ("two reports", message(&part.repeat(2)), 2, 0),
        ("very many reports: the rest is refused", message(&part.repeat(200)), limits::REPORTS, 1),
        ("no report", message("--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n"), 0, 0),
        ("multiparts in multiparts without end", nested(5000), 0, 0),
        ("no end of the header", "From: a@o.example\r\nX: ".to_string() + &"y".repeat(1 << 20), 0, 0),
        ("NUL octets", "From: a@o.example\r\n\r\n\0\0\0".into(), 0, 0),
    ];
    for (what, text, reports, damaged) in rows {
        let found = reports_in_message(text.as_bytes());
        let good = found.iter().filter(|r| r.is_ok()).count();
        assert_eq!((good, found.len() - good), (reports, damaged), "{what}: {found:.200?}");
    }
}
