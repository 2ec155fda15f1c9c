//! A policy file that cannot be used.

use crate::lint::rules::prelude::*;
use crate::model::mta_sts::PolicyFault;

rule! {
    /// The policy file breaks its grammar.
    ///
    /// # Why
    /// Senders then have no policy, or go on with the one that they kept from before. It needs `version: STSv1`, `mode`, `max_age`
    /// up to 31557600, and `mx` unless the mode is `none`. Lines may end in LF alone.
    ///
    /// # Bad
    /// ```policy
    /// version: STSv1
    /// mode: enforce
    /// nmx: mail.example.com
    /// max_age: 604800
    /// ```
    ///
    /// # Good
    /// ```policy
    /// version: STSv1
    /// mode: enforce
    /// mx: mail.example.com
    /// max_age: 604800
    /// ```
    ///
    /// # Reference
    /// RFC 8461 §3.2
    ///
    /// # Since
    /// 0.1.0
    "STS003", "bad-policy", Error, Policy, Policy(check)
}

fn check(policy: &PolicyText<'_>, out: &mut Sink<'_>) {
    for fault in policy.faults {
        let text = policy.slice(fault.span);
        let line = text.lines().next().unwrap_or_default();
        let (message, help): (String, &str) = match fault.kind {
            PolicyFault::NotAField => (format!("`{}` is no field", short(line)), "write `name: value`"),
            PolicyFault::BadVersion => {
                ("the first field must be `version: STSv1`".into(), "write `version: STSv1` first")
            }
            PolicyFault::BadMode => ("`mode` must be `enforce`, `testing` or `none`".into(), "write one of the three"),
            PolicyFault::BadMaxAge => {
                ("`max_age` must be a number of seconds up to 31557600".into(), "write `max_age: 604800` for a week")
            }
            PolicyFault::NoMx => ("the policy has no `mx`".into(), "add `mx:` and a host for every exchange"),
            PolicyFault::BadMx => (format!("`{}` is no host", short(line)), "write a host name, or `*.` and a domain"),
            PolicyFault::Repeated => ("this field is here already; the first counts".into(), "keep one of them"),
            PolicyFault::Mistyped => {
                (format!("unknown field `{}`", short(line)), "write `version`, `mode`, `max_age` or `mx`")
            }
        };
        let severity = match fault.kind {
            PolicyFault::Repeated | PolicyFault::NotAField => Severity::Warning,
            _ => Severity::Error,
        };
        let place = match fault.kind {
            PolicyFault::NoMx | PolicyFault::BadVersion | PolicyFault::BadMode | PolicyFault::BadMaxAge
                if fault.span.len() == policy.octets().len() =>
            {
                policy.at(Span::new(0, policy.octets().iter().take_while(|b| **b != b'\n' && **b != b'\r').count()))
            }
            _ => policy.at(fault.span),
        };
        let mistyped =
            (fault.kind == PolicyFault::Mistyped).then(|| typo::nearest(line, &["version", "mode", "max_age", "mx"]));
        let meant = mistyped
            .flatten()
            .or_else(|| line.ends_with("mx").then_some("mx").filter(|_| fault.kind == PolicyFault::Mistyped));
        out.report(place, message)
            .severity(severity)
            .sees("no policy: the file is invalid, or the field is ignored")
            .help(help)
            .fix(meant.map(|m| policy.replace(format!("write `{m}`"), fault.span, m)));
    }
}
