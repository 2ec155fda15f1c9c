//! SPF with care: dead terms are named and go only if asked for, and the record ends within ten lookups or not at all.

use crate::error::{Error, Result};
use crate::interview::asker::{Answer, Choice, Kind, Need, Question};
use crate::interview::detect::Whose;
use crate::interview::flow::{Draft, Talk};
use crate::model::name::{self, Name};
use crate::model::spf::{MAX_LOOKUPS, SpfRecord, SpfTree};
use crate::plan::merge::spf::{TOO_MANY, merge};
use crate::plan::merge::{SpfMode, SpfWay};
use crate::profile::desired::spf::of_domain;
use crate::profile::schema::Domain;

/// How often a person may choose what is to go.
const MOST_ROUNDS: usize = 4;

impl Talk<'_> {
    /// Offers to drop dead terms, shows what the record will cost, and asks for what is to go while it is too much.
    pub(super) fn spf_care(&mut self, domain: &Name, draft: &mut Draft) -> Result<()> {
        self.drop_dead(draft)?;
        let mut choices = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let Some(tree) = self.cost_of(domain, &draft.domain)? else { return Ok(()) };
            let lookups = tree.lookups();
            if lookups <= MAX_LOOKUPS {
                self.tell_budget(&tree);
                return Ok(());
            }
            self.too_many(&tree, &mut choices, draft)?;
        }
        Err(Error::refused(format!("the SPF record of {} still takes too many lookups", name::show(domain)))
            .hint(TOO_MANY))
    }

    fn drop_dead(&mut self, draft: &mut Draft) -> Result<()> {
        let dead: Vec<(String, String)> = self
            .found
            .spf
            .iter()
            .flat_map(|s| &s.parts)
            .filter(|p| p.through.is_none())
            .filter_map(|p| match &p.whose {
                Whose::Dead(why) => Some((p.text.clone(), why.clone())),
                _ => None,
            })
            .collect();
        if dead.is_empty() {
            return Ok(());
        }
        let choices: Vec<Choice> =
            dead.iter().map(|(term, why)| Choice::new(term, clipped(&format!("{term}  {why}")))).collect();
        let question = Question {
            id: "spf.drop".into(),
            text: "Dead terms of the SPF record that may go".into(),
            help: "They let nobody send, and cost lookups. Nothing goes that is not marked.".into(),
            kind: Kind::Many(&choices),
            default: Some(Answer::List(Vec::new())),
        };
        draft.domain.spf.drop = Need::Ask.list(self.asker, &question)?;
        Ok(())
    }

    /// What the record costs that a plan would make; `None` where it is not known what is published.
    fn cost_of(&mut self, domain: &Name, wanted: &Domain) -> Result<Option<SpfTree>> {
        let shown = name::show(domain);
        let wish = of_domain(wanted).text;
        let text = match &self.found.spf {
            Some(spf) => {
                let way = SpfWay { mode: SpfMode::Merge, drop: wanted.spf.drop.clone() };
                match merge(&shown, &[spf.text.as_bytes()], wish.as_bytes(), &way) {
                    Ok(merged) => merged.text,
                    // Too many in the record alone: the count below says so, too.
                    Err(_) => joined(&spf.text, &wish),
                }
            }
            None if self.found.spf_records > 1 => return Ok(None),
            None => wish.into_bytes(),
        };
        let Some(record) = SpfRecord::read(&text).into_record() else { return Ok(None) };
        self.scout.cost(domain, &record).map(Some)
    }

    fn tell_budget(&mut self, tree: &SpfTree) {
        let least = if tree.is_complete() { "" } else { "at least " };
        let voids = match tree.voids_v4().max(tree.voids_v6()) {
            0 => String::new(),
            n if n > 2 => format!(", {n} void: receivers may stop at 2"),
            n => format!(", {n} void"),
        };
        self.asker.say(&format!("  SPF with these: {least}{} of {MAX_LOOKUPS} lookups{voids}", tree.lookups()));
    }

    /// Asks what is to go. A service that goes sends from a subdomain, which has ten lookups of its own.
    fn too_many(&mut self, tree: &SpfTree, choices: &mut Vec<Choice>, draft: &mut Draft) -> Result<()> {
        for term in tree.terms.iter().filter(|t| t.total_lookups() > 0) {
            let cost = term.total_lookups();
            let sender =
                draft.domain.senders.iter().find(|s| {
                    s.include.as_ref().is_some_and(|i| format!("include:{i}").eq_ignore_ascii_case(&term.text))
                });
            let preset = sender.and_then(|s| self.presets.iter().find(|p| p.title == s.name));
            let choice = match preset {
                Some(preset) => Choice::new(&preset.id, format!("{}  {cost} lookups", preset.title)),
                None => Choice::new(&term.text, clipped(&format!("{}  {cost} lookups", term.text))),
            };
            if !choices.iter().any(|c| c.id == choice.id) {
                choices.push(choice);
            }
        }
        let question = Question {
            id: "spf.over".into(),
            text: format!("{} lookups, and receivers stop at 10. What goes?", tree.lookups()),
            help: "Mark what no longer sends, or what can send from a subdomain instead.".into(),
            kind: Kind::Many(choices),
            default: None,
        };
        for id in Need::Ask.list(self.asker, &question)? {
            let preset = self.presets.iter().find(|p| p.id == id).map(|p| p.title.clone());
            match preset {
                Some(title) => self.move_out(&title, draft),
                None => {
                    let include = id.strip_prefix("include:").map(str::to_string);
                    draft.domain.senders.retain(|s| include.is_none() || s.include != include);
                    draft.domain.spf.terms.retain(|t| *t != id);
                    draft.domain.spf.drop.push(id);
                }
            }
        }
        Ok(())
    }

    fn move_out(&mut self, title: &str, draft: &mut Draft) {
        let domain = draft.domain.domain.clone();
        for sender in draft.domain.senders.iter_mut().filter(|s| s.name == title) {
            // What is published of it goes as well: that is what was asked.
            let published = |include: &String| self.found.spf.iter().any(|s| s.includes.contains(include));
            let include = sender.include.take().filter(published);
            draft.domain.spf.drop.extend(include.map(|include| format!("include:{include}")));
        }
        draft.by_hand.push(format!(
            "{title}: it is no longer in the SPF record of {domain}; let it send from a subdomain such as \
             news.{domain}, and run setup for that"
        ));
    }
}

fn clipped(label: &str) -> String {
    if label.chars().count() <= 72 { label.to_string() } else { label.chars().take(69).chain("...".chars()).collect() }
}

/// Both records' terms, for counting alone.
fn joined(published: &str, wish: &str) -> Vec<u8> {
    let mut words: Vec<&str> = published.split(' ').filter(|w| !w.is_empty()).collect();
    let end = words.iter().position(|w| w.to_ascii_lowercase().ends_with("all") && w.len() <= 4).unwrap_or(words.len());
    let new: Vec<&str> = wish
        .split(' ')
        .skip(1)
        .filter(|w| !w.ends_with("all") && !words.iter().any(|p| p.eq_ignore_ascii_case(w)))
        .collect();
    words.splice(end..end, new);
    words.join(" ").into_bytes()
}
