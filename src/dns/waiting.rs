//! Who waits for which answer on one socket or connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::dns::lookup::LookupFailure;
use crate::dns::random_id::random_id;
use crate::dns::wire::{self, Question};

/// What an asker gets: the octets of the answer.
type Reply = Result<Vec<u8>, LookupFailure>;

/// The askers, by the id of their question; clones are the same list.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    /// The ids are random, so that there is nothing to defend against in how they are hashed.
    askers: HashMap<u16, Asker, foldhash::fast::RandomState>,
    /// Nobody reads answers any more.
    closed: bool,
    /// Answers handed out.
    answered: u64,
}

#[derive(Debug)]
struct Asker {
    query: Vec<u8>,
    /// Taken when the reply is there. The id stays in use until the asker gives up its place.
    reply: Option<oneshot::Sender<Reply>>,
}

/// Keeps an id for one asker, who alone gives it back.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Waiting,
    id: u16,
    reply: oneshot::Receiver<Reply>,
    /// Answers to others when this one came.
    before: u64,
}

impl Waiting {
    /// A place for `question`, and the query to send. Nothing where nobody reads answers any more.
    ///
    /// # Errors
    /// A name that no message can hold.
    pub(super) fn place(&self, question: &Question, edns: bool) -> Result<Option<(Place, Vec<u8>)>, LookupFailure> {
        let mut list = self.list();
        if list.closed {
            return Ok(None);
        }
        let mut id = random_id();
        while list.askers.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        let query = question.encode(id, edns).ok_or_else(unwritable)?;
        let (sender, reply) = oneshot::channel();
        list.askers.insert(id, Asker { query: query.clone(), reply: Some(sender) });
        Ok(Some((Place { waiting: self.clone(), id, reply, before: list.answered }, query)))
    }

    /// Gives `reply` to whom it answers. Anything that is no answer is dropped, and the wait goes on (RFC 5452 §9.1).
    pub(super) fn deliver(&self, reply: &[u8]) {
        let Some(id) = reply.first_chunk().map(|b| u16::from_be_bytes(*b)) else { return };
        let mut list = self.list();
        if let Some(asker) = list.askers.get_mut(&id).filter(|asker| wire::answers(reply, &asker.query))
            && let Some(sender) = asker.reply.take()
        {
            list.answered += 1;
            let _ = sender.send(Ok(reply.to_vec()));
        }
    }

    /// Tells everybody who waits that there will be no answer.
    pub(super) fn fail(&self, why: &LookupFailure) {
        for sender in self.list().askers.values_mut().filter_map(|asker| asker.reply.take()) {
            let _ = sender.send(Err(why.clone()));
        }
    }

    /// Takes no more places; who waits is left without an answer.
    pub(super) fn close(&self) {
        let mut list = self.list();
        list.closed = true;
        list.askers.values_mut().for_each(|asker| drop(asker.reply.take()));
    }

    /// The data is a plain map: a panic elsewhere cannot have left it half changed.
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits for the reply; nothing where nobody reads answers any more.
    pub(super) async fn reply(&mut self) -> Option<Reply> {
        (&mut self.reply).await.ok()
    }

    /// Whether anybody has been answered since this place was taken.
    pub(super) fn others_were_answered(&self) -> bool {
        self.waiting.list().answered != self.before
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.list().askers.remove(&self.id);
    }
}

pub(super) fn unwritable() -> LookupFailure {
    LookupFailure::Other("the name cannot be written into a question".into())
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::model::name;

    #[tokio::test]
    async fn an_id_is_in_use_until_its_asker_gives_it_back() {
        let waiting = Waiting::default();
        let question = Question::new(&name::domain("example.test").unwrap(), RecordType::TXT);
        let (mut place, mut query) = waiting.place(&question, true).unwrap().unwrap();
        query[2] |= 0x80;
        waiting.deliver(&query);
        assert!(place.reply().await.unwrap().is_ok());
        assert!(
            waiting.list().askers.contains_key(&place.id),
            "another asker could get the id, and lose it to the first"
        );
        drop(place);
        assert!(waiting.list().askers.is_empty());
    }

    #[tokio::test]
    async fn who_comes_after_the_end_is_turned_away() {
        let waiting = Waiting::default();
        let question = Question::new(&name::domain("example.test").unwrap(), RecordType::TXT);
        let (mut place, _) = waiting.place(&question, true).unwrap().unwrap();
        waiting.close();
        assert!(place.reply().await.is_none());
        assert!(waiting.place(&question, true).unwrap().is_none());
    }
}
