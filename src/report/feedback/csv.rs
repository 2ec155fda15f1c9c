//! One row a source, for spreadsheets.

use super::words;
use crate::feedback::Digest;
use crate::report::csv_cell::csv_cell;
use crate::report::day::day;

/// The header, then a row a source of every domain (RFC 4180, lines end in LF).
pub fn csv(digests: &[Digest]) -> String {
    let mut out = String::from(
        "domain,address,name,organization,service,standing,messages,passing,dkim,spf,stopped,forwarded,first_day,last_day,\
         dkim_domains,spf_domains\n",
    );
    for digest in digests {
        for source in &digest.sources {
            let cells = [
                digest.domain.clone(),
                source.address.clone(),
                source.name.clone().unwrap_or_default(),
                source.organization.clone(),
                source.service.clone().unwrap_or_default(),
                words::standing(source.standing).into(),
                source.messages.to_string(),
                source.passing.to_string(),
                source.dkim.to_string(),
                source.spf.to_string(),
                source.stopped.to_string(),
                source.forwarded.to_string(),
                day(source.days.0),
                day(source.days.1),
                source.dkim_domains.join(" "),
                source.spf_domains.join(" "),
            ];
            let cells: Vec<String> = cells.iter().map(|c| csv_cell(c)).collect();
            out.push_str(&cells.join(","));
            out.push('\n');
        }
    }
    out
}
