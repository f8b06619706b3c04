//! Traffic as administrators see it: that of an account, or of what is of none.

use std::collections::HashMap;

use vestibule_model::{AccountId, Application, Millis, TrafficApplication, TrafficBy};
use vestibule_store::{TrafficQuery, TrafficSpan, TrafficUses};

use super::{Administration, AdministrationError, Caller, Scope};
use crate::traffic::{
    ApplicationStanding, Summing, TrafficDays, TrafficKey, TrafficLine, TrafficReport, TrafficVerdict,
};

/// How many rows are read at a time.
const PAGE: usize = 256;

/// What is asked of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficAsked {
    /// Of which account; None: of none, as administrators' calls are, and those of nobody who is known.
    pub account: Option<AccountId>,
    /// Of one application alone.
    pub application: Option<TrafficApplication>,
    /// Of which days.
    pub days: TrafficDays,
}

impl Administration<'_> {
    /// What was counted until now, summed up by each of these: what is not stored yet is written first. By application also each that
    /// the account has, whether or not anything was counted, and whether it is needed.
    pub async fn traffic<const N: usize>(
        &self,
        caller: &Caller,
        asked: TrafficAsked,
        by: [TrafficBy; N],
    ) -> Result<[TrafficReport; N], AdministrationError> {
        caller.require(asked.account.map_or(Scope::ReadInstallation, Scope::ReadAccount))?;
        if let Some(account) = asked.account {
            self.account_entry(account)?;
        }
        self.auth.traffic.write(caller.now).await?;
        let _unaged = self.auth.traffic.keep_form().await;
        let TrafficAsked { account, application, days: TrafficDays { from, through } } = asked;
        let mut sums = by.map(|by| Summing::new(by, from, through));
        let mut query = TrafficQuery { account, application, from, through, after: None, limit: PAGE };
        loop {
            let page = self.auth.store.traffic(query).await?;
            for summing in &mut sums {
                for row in &page {
                    summing.add(row);
                }
            }
            query.after = page.last().map(|row| (row.source.application, row.period));
            if page.len() < query.limit {
                break;
            }
        }
        let overview = self.auth.store.traffic_overview(account).await?;
        let counting = overview.counting.filter(|_| self.auth.traffic.is_counting());
        // No batch may have been made since the start.
        let counting = counting.map(|span| TrafficSpan::after(Some(span), caller.now));
        let mut reports = sums.map(|summing| summing.report(counting.map(|span| span.since)));
        let kept_from = Some(self.auth.traffic.kept_from(caller.now)).filter(|kept_from| from < *kept_from);
        for (report, by) in reports.iter_mut().zip(by) {
            report.kept_from = kept_from;
            if by == TrafficBy::Application {
                let uses = overview.uses.iter().copied().collect();
                self.tell_standings(report, &asked, uses, caller.now).await?;
            }
        }
        Ok(reports)
    }

    /// Tells what is known of each application, those of which nothing was counted included.
    async fn tell_standings(
        &self,
        report: &mut TrafficReport,
        asked: &TrafficAsked,
        mut uses: HashMap<TrafficApplication, TrafficUses>,
        now: Millis,
    ) -> Result<(), AdministrationError> {
        let known = self.applications(asked.account).await?;
        let days = usize::try_from(asked.days.count()).unwrap_or(0);
        for (application, (_, used_elsewhere)) in &known {
            let elsewhere = TrafficUses { last: *used_elsewhere, ..TrafficUses::default() };
            uses.entry(*application).or_default().add(elsewhere);
            let is_meant = asked.application.is_none_or(|meant| meant == *application);
            let is_told = report.lines.iter().any(|line| line.key == TrafficKey::Application(*application));
            if is_meant && !is_told {
                report.lines.push(TrafficLine::empty(*application, days));
            }
        }
        report.lines.sort_by(|one, other| one.key.cmp(&other.key));
        for line in &mut report.lines {
            let TrafficKey::Application(application) = line.key else { continue };
            let name = known.get(&application).map(|(name, _)| name.clone());
            let uses = uses.get(&application).copied().unwrap_or_default();
            let since = report.since.filter(|_| name.is_some());
            let verdict = since.map(|since| TrafficVerdict::of(uses, since, now));
            line.standing = Some(ApplicationStanding { name, uses, verdict });
        }
        Ok(())
    }

    /// The applications of an account, each with its name and when it was last used as far as that is known without traffic.
    async fn applications(
        &self,
        account: Option<AccountId>,
    ) -> Result<HashMap<TrafficApplication, (String, Option<Millis>)>, AdministrationError> {
        let Some(account) = account else { return Ok(HashMap::new()) };
        let entry = self.account_entry(account)?;
        let last: HashMap<Application, Millis> =
            self.auth.store.last_uses(account).await?.into_iter().collect();
        let tokens = self.auth.store.application_tokens(account).await?;
        let keys = entry.api_keys().into_iter().map(|key| (Application::ApiKey(key.id), key.name.clone()));
        let clients = entry.oauth_clients().into_iter();
        let clients = clients.map(|client| (Application::OauthClient(client.id), client.name.clone()));
        let logged_in = keys.chain(clients).map(|(application, name)| {
            (TrafficApplication::Of(application), (name, last.get(&application).copied()))
        });
        let tokens = tokens.into_iter().map(|token| {
            (TrafficApplication::Of(Application::Token(token.id)), (token.name, token.last_used))
        });
        Ok(logged_in.chain(tokens).collect())
    }
}
