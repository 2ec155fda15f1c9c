//! Questions about services that send for the domain.

use crate::error::Result;
use crate::interview::asker::{self, Answer, Choice, Kind, Need, Question};
use crate::interview::detect::Whose;
use crate::interview::flow::{Draft, Talk};
use crate::model::name;
use crate::model::spf::Qualifier;
use crate::profile::leaf;
use crate::profile::preset::Preset;
use crate::profile::schema::{Sender, SpfAll};

/// The choice that leads to the question for more.
const OTHER: &str = "other";

impl Talk<'_> {
    /// The services; those that the published SPF record includes are marked already.
    pub(super) fn senders(&mut self, draft: &mut Draft) -> Result<()> {
        let left = self.usable_terms();
        self.left.clone_from(&left);
        let mut marked = self.found.services(&self.presets);
        if !left.is_empty() {
            marked.push(OTHER.into());
        }
        let mut choices: Vec<Choice> = self.presets.iter().map(|p| Choice::new(&p.id, p.title.clone())).collect();
        choices.push(Choice::new(OTHER, other_label(&left)));
        // What is marked already, and the way out of the list, are seen without paging.
        choices.sort_by_key(|choice| (!marked.contains(&choice.id), choice.id != OTHER));
        let question = Question {
            id: "senders".into(),
            text: "Services that send mail for it".into(),
            help: "Newsletters, shop, help desk, office suite: whoever writes in your name.".into(),
            kind: Kind::Many(&choices),
            default: Some(Answer::List(marked)),
        };
        let chosen = asker::list(self.asker, &question)?;
        self.chosen.clone_from(&chosen);
        for preset in self.presets.iter().filter(|p| chosen.contains(&p.id)) {
            let sender = self.sender_of(preset, &draft.domain.domain);
            draft.domain.senders.push(sender);
            // Where its key is published, its panel has been gone through.
            if !self.found.keys.iter().any(|key| key.service.as_ref() == Some(&preset.id)) {
                draft.by_hand.push(format!("{}: {}", preset.title, preset.steps));
            }
        }
        if chosen.iter().any(|id| id == OTHER) {
            self.other_senders(left, draft)?;
        }
        Ok(())
    }

    /// The terms of the published record that are nobody's that is known, as far as a profile can hold them.
    pub(super) fn usable_terms(&self) -> Vec<String> {
        self.found.spf.iter().flat_map(|s| s.left_over()).filter(|t| usable(t)).map(str::to_string).collect()
    }

    /// The service as an entry of the profile of `domain`, which was looked at.
    pub(super) fn sender_of(&self, preset: &Preset, domain: &str) -> Sender {
        let mut sender = preset.sender(domain);
        if self.behind_own_record(&preset.id) {
            sender.include = None;
        }
        // What is included already stays as it is: an older name or another region of the same service.
        let mut included = self.found.spf.iter().flat_map(|s| &s.includes);
        if let Some(include) = included.find(|include| preset.included_as(include)) {
            sender.include = Some(include.clone());
        }
        sender
    }

    /// Whether the published record lets the service send only through a record of the domain's own in between, which
    /// stays: a second include would cost its lookups twice.
    fn behind_own_record(&self, id: &str) -> bool {
        let parts = self.found.spf.iter().flat_map(|s| &s.parts);
        let mut its = parts.filter(|p| matches!(&p.whose, Whose::Service(s) if s == id)).peekable();
        its.peek().is_some() && its.all(|p| p.through.is_some())
    }

    fn other_senders(&mut self, left: Vec<String>, draft: &mut Draft) -> Result<()> {
        let check = |text: &str| match text.strip_prefix("include:").unwrap_or(text) {
            term if is_term(term) => leaf::spf_term(term),
            domain => leaf::include(domain),
        };
        let question = Question {
            id: "senders.other".into(),
            text: "What they ask you to put into SPF".into(),
            help: "The domain to include, or a term such as a:www1234.sakura.ne.jp".into(),
            kind: Kind::List(&check),
            default: (!left.is_empty()).then(|| Answer::List(left.clone())),
        };
        for text in Need::unless(!left.is_empty()).list(self.asker, &question)? {
            let include = text.strip_prefix("include:").unwrap_or(&text);
            if is_term(include) {
                draft.domain.spf.terms.push(include.into());
                continue;
            }
            let include = name::show(&name::domain(include)?);
            draft.domain.senders.push(Sender {
                name: include.clone(),
                include: Some(include),
                dkim_cnames: Vec::new(),
                mx: Vec::new(),
            });
        }
        Ok(())
    }

    /// What holds for everybody else.
    pub(super) fn spf_all(&mut self, draft: &mut Draft) -> Result<()> {
        let now = match self.found.spf.as_ref().and_then(|s| s.all) {
            Some(Qualifier::Fail) => "fail",
            Some(Qualifier::Neutral) => "neutral",
            _ => "softfail",
        };
        let choices = [
            Choice::new("softfail", "softfail (~all)  suspicious: what most domains say"),
            Choice::new("fail", "fail (-all)  wrong; some receivers refuse it before they look at DKIM"),
            Choice::new("neutral", "neutral (?all)  nothing is said of it"),
        ];
        let question = Question {
            id: "spf.all".into(),
            text: "Mail from anywhere else is".into(),
            help: String::new(),
            kind: Kind::One(&choices),
            default: Some(Answer::Text(now.into())),
        };
        draft.domain.spf.all = match Need::Settle.text(self.asker, &question)?.as_str() {
            "fail" => SpfAll::Fail,
            "neutral" => SpfAll::Neutral,
            _ => SpfAll::SoftFail,
        };
        Ok(())
    }
}

/// Whether a published term can stand in a profile: `redirect` says where the record goes on, not who sends.
fn usable(term: &str) -> bool {
    let include = term.strip_prefix("include:").or_else(|| term.strip_prefix("+include:"));
    match include {
        Some(domain) => leaf::include(domain).is_ok(),
        None => leaf::spf_term(term).is_ok(),
    }
}

/// The last choice, which shows what of the published record is not recognised.
fn other_label(left: &[String]) -> String {
    let all = left.join(" ");
    match left.len() {
        0 => "something else ...".into(),
        _ if all.chars().count() <= 50 => format!("something else: {all}"),
        n => format!("something else: {n} terms of the published record"),
    }
}

/// Whether `text` is written as a term rather than as a domain: with a colon, a prefix length, or `a` and `mx` alone.
fn is_term(text: &str) -> bool {
    text.contains([':', '/', '=']) || ["a", "mx"].contains(&text)
}
