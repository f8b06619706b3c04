//! The parts of what is stored, each its own from here on: the transaction that changes one keeps the state before it.

use std::sync::Arc;

use super::super::administration::Administration;
use super::super::answers::Answers;
use super::super::audit::Audit;
use super::super::consumed::Consumed;
use super::super::federated_logins::Logins;
use super::super::sentinel::Sentinel;
use super::super::session_versions::SessionVersions;
use super::super::traffic::Traffic;
use super::Transaction;

impl Transaction<'_> {
    pub(super) fn administration(&mut self) -> &mut Administration {
        Arc::make_mut(&mut self.tables.administration)
    }

    pub(super) fn answers(&mut self) -> &mut Answers {
        Arc::make_mut(&mut self.tables.answers)
    }

    pub(super) fn sentinel(&mut self) -> &mut Sentinel {
        Arc::make_mut(&mut self.tables.sentinel)
    }

    pub(super) fn federated_logins(&mut self) -> &mut Logins {
        Arc::make_mut(&mut self.tables.federated_logins)
    }

    pub(super) fn consumed(&mut self) -> &mut Consumed {
        Arc::make_mut(&mut self.tables.consumed)
    }

    pub(super) fn traffic(&mut self) -> &mut Traffic {
        Arc::make_mut(&mut self.tables.traffic)
    }

    pub(super) fn audit(&mut self) -> &mut Audit {
        Arc::make_mut(&mut self.tables.audit)
    }

    pub(in super::super) fn session_versions(&mut self) -> &mut SessionVersions {
        Arc::make_mut(&mut self.tables.session_versions)
    }
}
