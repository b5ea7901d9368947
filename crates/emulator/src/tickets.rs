//! Where redirected downloads lead: paths that nobody can guess, and that need no credentials.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::remembered::Remembered;
use crate::tenancy::Project;
use crate::time;

/// How long a ticket is good.
const LIFETIME: Duration = Duration::from_secs(900);

struct Ticket {
    project: Arc<Project>,
    task_id: String,
    expires_at: DateTime<Utc>,
}

/// The tickets that were handed out.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<Remembered<Ticket>>);

impl Tickets {
    /// The URL of a new ticket for the file of a task.
    pub(crate) fn issue(
        &self,
        app: &App,
        now: DateTime<Utc>,
        project: &Arc<Project>,
        task_id: &str,
    ) -> String {
        let id = app.secrets.hex_id();
        let ticket = Ticket {
            project: Arc::clone(project),
            task_id: task_id.to_owned(),
            expires_at: time::later(now, LIFETIME),
        };
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.add(&id, ticket);
        format!("{}/export-files/{id}", app.base_url)
    }

    pub(crate) fn find(&self, id: &str, now: DateTime<Utc>) -> Option<(Arc<Project>, String)> {
        let tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = tickets.get(id).filter(|ticket| now < ticket.expires_at)?;
        Some((Arc::clone(&ticket.project), ticket.task_id.clone()))
    }
}
