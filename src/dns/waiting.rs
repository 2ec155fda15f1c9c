//! Who waits for which answer on one socket or connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::dns::lookup::LookupFailure;
use crate::dns::random_id::random_id;
use crate::dns::wire::{self, Question};

/// What an asker gets: the octets of the answer.
pub(super) type Reply = Result<Vec<u8>, LookupFailure>;

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
    reply: Option<Return>,
}

/// Where a reply goes.
#[derive(Debug)]
enum Return {
    One(oneshot::Sender<Reply>),
    /// One of several questions, by its number. Who asked is woken by the last of them.
    Among(Arc<Several>, usize),
}

/// Replies to several questions.
#[derive(Debug)]
struct Several {
    replies: Mutex<(Vec<Option<Reply>>, usize)>,
    all: Notify,
}

impl Return {
    fn give(self, reply: Reply) {
        match self {
            // Who no longer waits needs none.
            Return::One(sender) => drop(sender.send(reply)),
            Return::Among(several, number) => {
                let mut replies = several.replies.lock().unwrap_or_else(PoisonError::into_inner);
                replies.0[number] = Some(reply);
                replies.1 -= 1;
                if replies.1 == 0 {
                    several.all.notify_one();
                }
            }
        }
    }
}

/// Keeps ids for one asker of several questions.
#[derive(Debug)]
pub(super) struct Places {
    waiting: Waiting,
    ids: Vec<u16>,
    several: Arc<Several>,
}

impl Places {
    /// Waits until each question has its reply.
    pub(super) async fn all(&self) {
        self.several.all.notified().await;
    }

    /// The replies that are there, in the order of the questions.
    pub(super) fn replies(&self) -> Vec<Option<Reply>> {
        std::mem::take(&mut self.several.replies.lock().unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let mut list = self.waiting.list();
        self.ids.iter().for_each(|id| drop(list.askers.remove(id)));
    }
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
        let id = list.free_id();
        let query = question.encode(id, edns).ok_or_else(unwritable)?;
        let (sender, reply) = oneshot::channel();
        list.askers.insert(id, Asker { query: query.clone(), reply: Some(Return::One(sender)) });
        Ok(Some((Place { waiting: self.clone(), id, reply, before: list.answered }, query)))
    }

    /// Places for several questions, and their queries. Nothing where one cannot be asked, or nobody reads answers.
    pub(super) fn places(&self, questions: &[Question]) -> Option<(Places, Vec<Vec<u8>>)> {
        let mut list = self.list();
        if list.closed {
            return None;
        }
        let replies = Mutex::new((vec![None; questions.len()], questions.len()));
        let several = Arc::new(Several { replies, all: Notify::new() });
        let (mut ids, mut queries) = (Vec::with_capacity(questions.len()), Vec::with_capacity(questions.len()));
        for (number, question) in questions.iter().enumerate() {
            let id = list.free_id();
            let Some(query) = question.encode(id, true) else {
                ids.iter().for_each(|id| drop(list.askers.remove(id)));
                return None;
            };
            let reply = Some(Return::Among(several.clone(), number));
            list.askers.insert(id, Asker { query: query.clone(), reply });
            ids.push(id);
            queries.push(query);
        }
        drop(list);
        Some((Places { waiting: self.clone(), ids, several }, queries))
    }

    /// Gives `reply` to whom it answers. Anything that is no answer is dropped, and the wait goes on (RFC 5452 §9.1).
    pub(super) fn deliver(&self, reply: &[u8]) {
        let Some(id) = reply.first_chunk().map(|b| u16::from_be_bytes(*b)) else { return };
        let mut list = self.list();
        if let Some(asker) = list.askers.get_mut(&id).filter(|asker| wire::answers(reply, &asker.query))
            && let Some(to) = asker.reply.take()
        {
            list.answered += 1;
            to.give(Ok(reply.to_vec()));
        }
    }

    /// Tells everybody who waits that there will be no answer.
    pub(super) fn fail(&self, why: &LookupFailure) {
        self.list().askers.values_mut().filter_map(|asker| asker.reply.take()).for_each(|to| to.give(Err(why.clone())));
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

impl List {
    fn free_id(&self) -> u16 {
        let mut id = random_id();
        while self.askers.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        id
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
    async fn several_questions_wake_their_asker_once_all_are_answered() {
        let waiting = Waiting::default();
        let question = |text: &str| Question::new(&name::domain(text).unwrap(), RecordType::TXT);
        let (places, mut queries) = waiting.places(&["a.test", "b.test", "c.test"].map(question)).unwrap();
        for query in &mut queries {
            query[2] |= 0x80;
        }
        waiting.deliver(&queries[2]);
        waiting.deliver(&queries[2]);
        waiting.deliver(&queries[0]);
        assert!(futures_util::poll!(std::pin::pin!(places.all())).is_pending(), "the second is still open");
        waiting.deliver(&queries[1]);
        places.all().await;
        let replies: Vec<Vec<u8>> = places.replies().into_iter().map(|r| r.unwrap().unwrap()).collect();
        assert_eq!(replies, queries, "each where its question stands");
        drop(places);
        assert!(waiting.list().askers.is_empty());
        // Some stay away: what is there is there.
        let (places, mut queries) = waiting.places(&["a.test", "b.test"].map(question)).unwrap();
        queries[1][2] |= 0x80;
        waiting.deliver(&queries[1]);
        let there: Vec<bool> = places.replies().iter().map(Option::is_some).collect();
        assert_eq!(there, [false, true]);
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
