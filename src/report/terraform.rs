//! Records for Terraform: a map of locals, which the resource of any DNS provider can go through.
//!
//! Resources differ by provider, in how long TXT values are split above all. So each value is there in both ways: as it
//! is meant (`values`), and in quoted strings of at most 255 octets (`quoted`).

use hickory_proto::rr::RData;

use crate::model::name;
use crate::model::snapshot::{RecordSet, show_value};
use crate::model::txt;
use crate::report::record_list::{self, ZoneRecords, plain};

const HEAD: &str = "\
# For example:
#
#   resource \"aws_route53_record\" \"mail\" {
#     for_each = { for record in local.NAME : \"${record.type} ${record.fqdn}\" => record }
#     zone_id  = aws_route53_zone.this.zone_id
#     name     = each.value.fqdn
#     type     = each.value.type
#     ttl      = each.value.ttl
#     records  = [for value in each.value.quoted : trim(replace(value, \"\\\" \\\"\", \"\\\"\\\"\"), \"\\\"\")]
#   }
#
# Route 53 adds the outer quotes itself; Google and PowerDNS take `quoted` as it is; Cloudflare and most others take
# `values`, a record each.
";

/// The zone as a `locals` block.
pub fn render(records: &ZoneRecords) -> String {
    let apex = &records.snapshot.apex;
    let shown = name::show(apex);
    let local = format!("mail_records_{}", shown.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    let mut out = format!("# The records that mail of {shown} needs.\n{}\nlocals {{\n", HEAD.replace("NAME", &local));
    out.push_str(&format!("  {local} = [\n"));
    for set in records.snapshot.sets() {
        for line in set.reason_lines() {
            out.push_str(&format!("    # {line}\n"));
        }
        out.push_str(&item(set, &name::relative(&set.name, apex)));
    }
    out.push_str("  ]\n}\n");
    out.push_str(&record_list::elsewhere(records, "#"));
    out
}

fn item(set: &RecordSet, relative: &str) -> String {
    let list = |texts: Vec<String>| texts.iter().map(|t| text(t)).collect::<Vec<_>>().join(", ");
    let values = list(set.values.iter().map(plain).collect());
    let quoted = list(set.values.iter().map(quoted).collect());
    format!(
        "    {{\n      name   = {}\n      fqdn   = {}\n      type   = {}\n      ttl    = {}\n      values = [{values}]\n      \
         quoted = [{quoted}]\n    }},\n",
        text(relative),
        text(&name::show(&set.name)),
        text(&set.rtype.to_string()),
        set.ttl
    )
}

/// The data as a master file has it.
fn quoted(value: &RData) -> String {
    match value {
        RData::TXT(data) => txt::quoted(&txt::split(&txt::joined(data))),
        other => show_value(other),
    }
}

/// A quoted template of HCL: `${` and `%{` begin something else, and are written with the first sign twice.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
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
    fn texts() {
        for (value, want) in [
            ("v=spf1 -all", "\"v=spf1 -all\""),
            ("a\"b\\c;d", "\"a\\\"b\\\\c;d\""),
            ("${x} $y %{z} 5%", "\"$${x} $y %%{z} 5%\""),
            ("\u{1}", "\"\\u0001\""),
        ] {
            assert_eq!(text(value), want);
        }
    }
}
