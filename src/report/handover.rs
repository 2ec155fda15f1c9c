//! The sheet that the wizard leaves behind: what was done, what is left to a person, and how to take it back.
//!
//! Markdown, to print and to keep; it holds no secret.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::profile::desired::mta_sts;
use crate::profile::preset::Preset;
use crate::profile::rollout::Stage;
use crate::profile::schema::Domain;
use crate::push::journal::JournalFile;
use crate::report::plan::markdown::{changes, fenced};
use crate::report::record_list::{self, ZoneRecords};
use crate::words::{Lang, Words};

/// What a run of the wizard has to tell.
#[derive(Debug)]
pub struct Handover<'a> {
    /// The day, ISO 8601.
    pub day: String,
    /// The profile, as the person named it.
    pub profile: &'a Path,
    /// The profile as it was before, if there was one.
    pub backup: Option<PathBuf>,
    /// The domains of this run; there is one at least.
    pub domains: Vec<DomainHandover<'a>>,
    /// What is left to do by hand, each a sentence without a full stop.
    pub by_hand: Vec<String>,
}

/// What became of one domain.
#[derive(Debug)]
pub struct DomainHandover<'a> {
    /// The domain, as the profile has it.
    pub domain: &'a Domain,
    /// Its records, where a person publishes them.
    pub records: Option<ZoneRecords>,
    /// The push that stands in its zone.
    pub push: Option<JournalFile>,
    /// Whether the test messages came through as they should; `None` where none was sent.
    pub proven: Option<bool>,
}

/// The sheet.
pub fn sheet(handover: &Handover<'_>, presets: &[Preset], words: Words) -> String {
    let mut out = Sheet { text: String::new(), words };
    let names: Vec<&str> = handover.domains.iter().map(|d| d.domain.domain.as_str()).collect();
    let _ = writeln!(out.text, "# {}: {}\n", names.join(", "), words.text("sender authentication, handed over"));
    out.line(&format!(
        "Written by mailproof on {}. It holds no secret: print it, keep it with the server",
        handover.day
    ));
    out.heading("What was done");
    out.done(handover);
    out.heading("What is left for you");
    out.left(handover, presets);
    out.heading("How to undo it");
    out.undo(handover);
    out.text
}

/// Markdown that grows.
struct Sheet {
    text: String,
    words: Words,
}

impl Sheet {
    fn heading(&mut self, text: &str) {
        // One blank line before it, also behind a fence.
        self.text.truncate(self.text.trim_end().len());
        let _ = writeln!(self.text, "\n\n## {}\n", self.words.text(text));
    }

    fn line(&mut self, text: &str) {
        let end = if self.words.lang() == Lang::Ja { "。" } else { "." };
        let _ = writeln!(self.text, "{}{end}", self.words.text(text));
    }

    fn point(&mut self, text: &str) {
        self.text.push_str("- ");
        self.line(text);
    }

    fn task(&mut self, text: &str) {
        // Without a full stop: it would stick to an address or a command at the end.
        let _ = writeln!(self.text, "- [ ] {}", self.words.text(text));
    }

    fn done(&mut self, handover: &Handover<'_>) {
        let profile = handover.profile.display();
        self.point(&format!("The profile `{profile}` says what the domain is meant to be"));
        for one in &handover.domains {
            let name = &one.domain.domain;
            for key in &one.domain.dkim {
                let (file, selector) = (key.key.display(), &key.selector);
                self.point(&format!("A key was made, {}, selector `{selector}`: `{file}`", key.algorithm));
            }
            if mta_sts::policy(one.domain).is_some() {
                self.point(&format!("The MTA-STS policy of {name} was written"));
            }
            if let Some(file) = &one.push {
                let journal = &file.journal;
                self.point(&format!("Published in the zone {}, {}", journal.zone, journal.started));
                let all = journal.units.iter().flat_map(|unit| &unit.changes);
                self.text.push_str(&fenced(&changes(all, &journal.zone), "diff"));
                self.text.push('\n');
            }
            match one.proven {
                Some(true) => {
                    self.point(&format!("Proven for {name}: test messages were sent, and judged as they should be"))
                }
                Some(false) => {
                    self.point(&format!("Not proven for {name}: a test message was not judged as it should be"))
                }
                None => self.point(&format!("Not proven yet for {name}: see below")),
            }
        }
    }

    fn left(&mut self, handover: &Handover<'_>, presets: &[Preset]) {
        for text in &handover.by_hand {
            self.task(text);
            let named = |p: &&Preset| text.strip_prefix(&p.title).is_some_and(|rest| rest.starts_with(':'));
            if let Some(preset) = presets.iter().find(named) {
                let _ = writeln!(self.text, "      <{}>", preset.source.url);
            }
        }
        for one in &handover.domains {
            let domain = one.domain;
            let name = &domain.domain;
            if let Some(records) = &one.records {
                self.task(&format!("Publish these records where the zone of {name} is kept"));
                let rows: Vec<String> = record_list::table(records).lines().map(str::to_string).collect();
                self.text.push_str(&fenced(&rows, ""));
                self.text.push('\n');
            }
            if mta_sts::policy(domain).is_some() {
                self.task(&format!("Serve the MTA-STS policy at https://mta-sts.{name}/.well-known/mta-sts.txt"));
            }
            if !domain.dkim.is_empty() {
                self.task(&format!(
                    "Set the mail server up, both directions: `mailproof config render --domain {name}`"
                ));
                self.task("Keep the private keys on the mail server alone, readable for who signs; whoever has one signs as you");
            }
            if one.proven != Some(true) && !domain.sends_by_services() {
                self.task(&format!("Prove it: `mailproof test --domain {name}`"));
            } else if one.proven != Some(true) {
                self.task("Prove it: send a message through your service to a mailbox elsewhere, save it there, and judge it: `mailproof verify FILE`");
            }
            if let Some(next) = Stage::of(&domain.dmarc).next().filter(|_| !domain.parked) {
                self.task(&format!(
                    "After {} days of reports, take the next stage of DMARC, {}: `mailproof setup --advance`",
                    next.entry().days,
                    next.tags()
                ));
            }
        }
    }

    fn undo(&mut self, handover: &Handover<'_>) {
        for one in &handover.domains {
            let name = &one.domain.domain;
            match &one.push {
                Some(file) => self.point(&format!(
                    "DNS: `mailproof rollback --domain {name}` brings back what was there before; that is kept in `{}`",
                    file.path.display()
                )),
                None if one.records.is_some() => {
                    self.point(&format!("DNS: take the records of {name} out again where you published them"));
                }
                None => self.point(&format!("DNS: nothing was published for {name}")),
            }
        }
        match &handover.backup {
            Some(backup) => self.point(&format!("The profile as it was before is `{}`", backup.display())),
            None => self
                .point("The profile and the keys are files: what is deleted is gone, and nothing else knows of them"),
        }
        if handover.domains.iter().any(|d| !d.domain.dkim.is_empty()) {
            self.point("Delete a key only when no server signs with it any more, and its record a week after that");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::preset;
    use crate::push::journal::{Journal, Kind, Unit, UnitState};
    use crate::report::plan::tests::sample;

    fn domain(yaml: &str) -> Domain {
        serde_yaml::from_str(yaml).unwrap()
    }

    /// A domain that was published and proven beside one that a person publishes.
    fn shown(words: Words) -> String {
        let own = domain(
            "{domain: example.com, hosts: [{name: mail.example.com, addresses: [192.0.2.10]}], dmarc: {policy: none}, \
             dkim: [{selector: mp202611, algorithm: rsa2048, key: keys/example.com/mp202611.key}], mta_sts: {mode: \
             testing, id: 20261128000000}, provider: {id: powerdns}}",
        );
        let parked = domain("{domain: example.net, parked: true, dmarc: {policy: reject}}");
        let plan = sample();
        let journal = Journal {
            version: 1,
            kind: Kind::Push,
            zone: plan.zone.clone(),
            provider: plan.provider,
            started: "2026-11-28T09:00:00Z".into(),
            finished: true,
            continues: None,
            taken_back: false,
            units: vec![Unit { state: UnitState::Done, changes: plan.changes }],
        };
        let presets = preset::all().unwrap();
        let google = presets.iter().find(|p| p.id == "google").unwrap();
        let wish = crate::profile::desired::desired(&parked, &Default::default()).unwrap();
        let handover = Handover {
            day: "2026-11-28".into(),
            profile: Path::new("mailproof.yaml"),
            backup: Some("mailproof.yaml.1".into()),
            domains: vec![
                DomainHandover {
                    domain: &own,
                    records: None,
                    push: Some(JournalFile { path: ".mailproof/1-push-example.com.json".into(), journal }),
                    proven: Some(true),
                },
                DomainHandover {
                    domain: &parked,
                    records: Some(ZoneRecords { snapshot: wish.snapshot, elsewhere: wish.elsewhere }),
                    push: None,
                    proven: None,
                },
            ],
            by_hand: vec![format!("Google Workspace: {}", google.steps)],
        };
        sheet(&handover, &presets, words)
    }

    #[test]
    fn a_sheet_to_print() {
        insta::assert_snapshot!(shown(Words::default()));
    }

    #[test]
    fn in_japanese() {
        let sheet = shown(Words::new(Lang::Ja));
        insta::assert_snapshot!(sheet);
        let prose = |line: &&str| line.starts_with("- ") && line.is_ascii();
        let fences: Vec<&str> = sheet.split("```").step_by(2).collect();
        assert_eq!(fences.iter().flat_map(|part| part.lines()).find(prose), None, "English is left");
    }
}
