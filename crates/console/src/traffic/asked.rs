//! What was asked of traffic.

use vestibule_auth::{AdministrationError, TrafficAsked, TrafficDays};
use vestibule_model::{AccountId, Day, Millis, TrafficApplication};

use super::over_time::Step;
use super::traffic_address;
use crate::parts::address;
use crate::request::Request;

/// So many days are one click away.
pub(super) const CHOICES: [u32; 3] = [7, 30, 90];

/// The fields of the address, as they were sent.
pub(super) struct Asked {
    pub(super) account: Option<AccountId>,
    /// How many days until today, in place of the first and the last.
    days: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) application: String,
    step: String,
    /// Of a comparison: the first day of the other period.
    pub(super) against: String,
}

impl Asked {
    pub(super) fn of(request: &Request, account: Option<AccountId>) -> Self {
        let asked = |name| request.asked(name).unwrap_or_default().trim().to_owned();
        Self {
            account,
            days: asked("days"),
            from: asked("from"),
            to: asked("to"),
            application: asked("application"),
            step: asked("step"),
            against: asked("against"),
        }
    }

    /// What the engine is asked.
    pub(super) fn read(&self, now: Millis) -> Result<TrafficAsked, AdministrationError> {
        let application = self.application_named()?;
        Ok(TrafficAsked { account: self.account, application, days: self.period(now)? })
    }

    fn period(&self, now: Millis) -> Result<TrafficDays, AdministrationError> {
        if self.from.is_empty()
            && self.to.is_empty()
            && let Some(days) = self.choice()
        {
            return Ok(TrafficDays::last(days, Day::of(now)));
        }
        let [from, to] = [&self.from, &self.to].map(|text| Some(text.as_str()).filter(|it| !it.is_empty()));
        TrafficDays::read(from, to, now)
            .map_err(|error| AdministrationError::invalid(error.field(), error.to_string()))
    }

    /// The days that are one click away, if those are asked for.
    fn choice(&self) -> Option<u32> {
        CHOICES.into_iter().find(|days| days.to_string() == self.days)
    }

    fn application_named(&self) -> Result<Option<TrafficApplication>, AdministrationError> {
        if self.application.is_empty() {
            return Ok(None);
        }
        let named = self.application.parse::<TrafficApplication>().map(Some);
        named.map_err(|error| AdministrationError::invalid("application", error.to_string()))
    }

    /// The other period: from the day that was asked for, or the days just before.
    pub(super) fn other_period(&self, days: TrafficDays) -> Result<TrafficDays, AdministrationError> {
        if self.against.is_empty() {
            return Ok(days.before());
        }
        let first = self.against.parse::<Day>();
        let first = first.map_err(|error| AdministrationError::invalid("against", error.to_string()))?;
        Ok(days.beginning(first))
    }

    /// The same with the days that are shown.
    pub(super) fn showing(self, days: TrafficDays) -> Self {
        Self { from: days.from.to_string(), to: days.through.to_string(), ..self }
    }

    /// The same with the days that they are compared with.
    pub(super) fn against(self, days: TrafficDays) -> Self {
        Self { against: days.from.to_string(), ..self }
    }

    /// How the time is cut.
    pub(super) fn step(&self, days: TrafficDays) -> Step {
        Step::named(&self.step, days)
    }

    /// This page with these days.
    pub(super) fn with_choice(&self, days: u32) -> String {
        let fields = [("days", days.to_string()), ("application", self.application.clone())];
        address(&traffic_address(self.account), fields.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

/// A page about these days.
pub(super) fn about(path: &str, days: TrafficDays, more: [(&str, &str); 2]) -> String {
    let (from, to) = (days.from.to_string(), days.through.to_string());
    address(path, [("from", from.as_str()), ("to", &to)].into_iter().chain(more))
}

/// Whether these days are so many, and today is the last.
pub(super) fn is_choice(days: u32, shown: TrafficDays, now: Millis) -> bool {
    shown == TrafficDays::last(days, Day::of(now))
}
