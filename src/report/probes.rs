//! The probes and what was made of them, a line each.

use crate::prove::probe::JudgedProbe;
use crate::words::wrap::pad;

/// One line a probe: name, how it came, and the three results.
pub fn render(probes: &[JudgedProbe]) -> String {
    let mut out = String::new();
    for probe in probes {
        let judgement = &probe.judgement;
        let spf = judgement.spf.as_ref().map_or("-".to_string(), |s| s.result.to_string());
        let mut dkim: Vec<&str> = judgement.dkim.iter().map(|d| d.result.as_str()).collect();
        dkim.dedup();
        let dkim = if dkim.is_empty() { "none".to_string() } else { dkim.join("+") };
        let results = format!("spf={spf} dkim={dkim} dmarc={}", judgement.dmarc.result);
        out.push_str(&format!("  {}{results}\n             {}\n", pad(probe.probe.name(), 11), probe.how));
    }
    out
}
