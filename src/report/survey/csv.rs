//! One row a sender, for spreadsheets.

use super::words;
use crate::report::csv_cell::csv_cell;
use crate::report::day::day;
use crate::survey::{Class, Tally};

/// The header, then a row a sender (RFC 4180, lines end in LF).
pub fn csv(tally: &Tally) -> String {
    let mut out = String::from("sender,class,messages");
    Class::ALL.iter().for_each(|c| out.push_str(&format!(",{}", c.slug())));
    out.push_str(
        ",spf_pass,dkim_pass,dmarc_pass,stated_spf_pass,stated_dkim_pass,stated_dmarc_pass,differs,spf_aligned,\
         dkim_aligned,policy,keys,key_gone,first,last\n",
    );
    for (name, sender) in tally.ranked() {
        let pass = |map: &std::collections::BTreeMap<String, u64>| map.get("pass").copied().unwrap_or(0).to_string();
        let keys: Vec<&str> = sender.keys.keys().map(String::as_str).collect();
        let mut cells = vec![csv_cell(name), sender.main_class().slug().into(), sender.messages.to_string()];
        cells.extend(sender.classes.iter().map(u64::to_string));
        cells.extend(
            [&sender.spf, &sender.dkim, &sender.dmarc, &sender.stated_spf, &sender.stated_dkim, &sender.stated_dmarc]
                .map(pass),
        );
        cells.extend([sender.differs, sender.spf_aligned, sender.dkim_aligned].map(|n| n.to_string()));
        cells.push(words::policy(sender).trim_matches('-').into());
        cells.push(csv_cell(&keys.join("; ")));
        cells.push(sender.key_gone.to_string());
        let (first, last) =
            sender.span.map_or_else(Default::default, |(a, b)| (day(a.div_euclid(86_400)), day(b.div_euclid(86_400))));
        cells.extend([first, last]);
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}
