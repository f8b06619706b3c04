//! One shard of the table: all sessions of the users who belong to it, with the lists that run through them.
//!
//! Everything of a user is here, behind one lock: a login and the end of all of the user's sessions see each other whole.

use vestibule_model::{Application, Millis, UserId};
use vestibule_store::{ApplicationTouch, LastUse, SessionNumber};

use super::entry::{Entry, Holder};
use super::heads::Heads;
use super::list::{List, NONE};
use super::slab::{Slab, Slot};
use super::start::{Setting, Start};
use super::view::{self, Live, Traffic};
use super::wheel::Wheel;
use super::{URGENT, UsedLists};

pub(crate) struct Shard<H> {
    pub(super) sessions: Slab<Entry<H>>,
    /// The same in every shard; here, so that no other lock is needed.
    pub(super) start: Start,
    users: Heads<H, UserId>,
    /// A user's sessions with one application stand together in the user's list.
    users_with: Heads<H, (UserId, Application)>,
    applications: Heads<H, Application>,
    wheel: Wheel,
    /// Who was used since last uses were written, by the turn at which theirs is.
    used: UsedLists,
    traffic: Traffic,
}

impl<H: Holder> Shard<H> {
    pub(super) fn new(start: Start) -> Self {
        Self {
            sessions: Slab::default(),
            start,
            users: Heads::by(Entry::user),
            users_with: Heads::by(|entry| (entry.user(), entry.application())),
            applications: Heads::by(Entry::application),
            wheel: Wheel::new(start),
            used: Default::default(),
            traffic: Traffic::default(),
        }
    }

    /// Puts a session into its lists.
    pub(super) fn insert(&mut self, entry: Entry<H>) -> Slot {
        let (user, application) = (entry.user(), entry.application());
        let slot = self.sessions.insert(entry);
        if let Some(first) = self.users_with.first(&self.sessions, &(user, application)) {
            List::User.insert_behind(&mut self.sessions, first, slot);
        } else {
            let first = self.users.first(&self.sessions, &user).unwrap_or(NONE);
            List::User.push(&mut self.sessions, first, slot);
            self.users.set(&self.sessions, slot);
            self.users_with.set(&self.sessions, slot);
        }
        if application != Application::None {
            let first = self.applications.first(&self.sessions, &application).unwrap_or(NONE);
            List::Application.push(&mut self.sessions, first, slot);
            self.applications.set(&self.sessions, slot);
        }
        self.wheel.file(&mut self.sessions, slot, self.start);
        slot
    }

    /// Takes a session out of its lists and its place.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Entry<H>> {
        let entry = self.sessions.get(slot)?;
        let key = (entry.user(), entry.application());
        let next = Some(List::User.links(entry).next).filter(|next| *next != NONE);
        let next_with = next.filter(|next| {
            self.sessions.get(*next).is_some_and(|next| (next.user(), next.application()) == key)
        });
        let next_of_application = Some(List::Application.links(entry).next).filter(|next| *next != NONE);

        self.users_with.leave(&self.sessions, slot, next_with);
        self.users.leave(&self.sessions, slot, next);
        List::User.unlink(&mut self.sessions, slot);
        if key.1 != Application::None {
            self.applications.leave(&self.sessions, slot, next_of_application);
            List::Application.unlink(&mut self.sessions, slot);
        }
        self.wheel.remove(&mut self.sessions, slot);
        self.sessions.remove(slot)
    }

    /// The sessions of a user, in no order.
    pub(super) fn of_user(&self, user: UserId) -> impl Iterator<Item = (Slot, &Entry<H>)> {
        let first = self.users.first(&self.sessions, &user).unwrap_or(NONE);
        List::User.iter(&self.sessions, first)
    }

    /// The sessions of a user with one application.
    pub(super) fn of_user_with(
        &self,
        user: UserId,
        application: Application,
    ) -> impl Iterator<Item = &Entry<H>> {
        let first = self.users_with.first(&self.sessions, &(user, application)).unwrap_or(NONE);
        let all = List::User.iter(&self.sessions, first).map(|(_, entry)| entry);
        all.take_while(move |entry| entry.application() == application)
    }

    /// The sessions of an application, in no order.
    pub(super) fn of_application(&self, application: Application) -> impl Iterator<Item = (Slot, &Entry<H>)> {
        let first = self.applications.first(&self.sessions, &application).unwrap_or(NONE);
        List::Application.iter(&self.sessions, first)
    }

    /// The session of a slot, if it lives at `now`.
    pub(super) fn live(&mut self, slot: Slot, now: Millis) -> Option<Live<'_, H>> {
        self.view(slot).filter(|live| live.entry.is_live(now, live.start))
    }

    fn view(&mut self, slot: Slot) -> Option<Live<'_, H>> {
        let entry = self.sessions.get_mut(slot)?;
        Some(Live { entry, slot, start: self.start, used: &mut self.used, traffic: &mut self.traffic })
    }

    /// Who was used since this was called last, of a list. In a slot that was used there may be another session by now, of another turn
    /// too: that one is written when it is in a list of its own.
    pub(super) fn take_used(&mut self, list: usize, into: &mut Vec<(Slot, LastUse)>) {
        for slot in std::mem::take(&mut self.used[list]) {
            let entry = self.sessions.get_mut(slot).filter(|entry| list == URGENT || entry.turn() == list);
            if let Some(entry) = entry
                && entry.take_used()
            {
                into.push((slot, LastUse { number: entry.number(), at: entry.last_used }));
            }
        }
    }

    /// Marks the session of this number as one whose last use is not written, if it is still in its slot.
    pub(super) fn return_used(&mut self, slot: Slot, number: SessionNumber) {
        if let Some(mut live) = self.view(slot).filter(|live| live.entry.number() == number) {
            live.note_urgent_use();
        }
    }

    /// Takes out who is dead at `now`, as far as their time to be looked at has come.
    pub(super) fn remove_expired(&mut self, now: Millis) -> Vec<(Slot, Entry<H>)> {
        let dead = self.wheel.look(&mut self.sessions, now, self.start);
        dead.into_iter().filter_map(|slot| Some((slot, self.remove(slot)?))).collect()
    }

    /// Somebody set the clock. Who expires earlier by it is found later, when the old time has come: nobody is told wrong
    /// meanwhile, because the time decides at each look. What has moved forward has to be written.
    pub(super) fn move_times(&mut self, setting: Setting) {
        let start = self.start;
        for slot in self.sessions.slots() {
            let Some(mut live) = self.view(slot) else { continue };
            if live.entry.move_times(start, setting) && setting.is_forward() {
                live.note_use();
            }
        }
        self.start = start.moved(setting);
    }

    /// Gives back what was counted and could not be written.
    pub(super) fn return_traffic(&mut self, touch: ApplicationTouch) {
        view::add(&mut self.traffic, touch);
    }

    /// What was counted since this was called last.
    pub(super) fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }
}
