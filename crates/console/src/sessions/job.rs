//! `/console/sessions/ends/{job}`: how far the ends of many sessions have come. The page loads itself anew until they are done.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use uuid::Uuid;
use vestibule_auth::{EndJob, EndJobId, EndJobState};

use crate::frame::Frame;
use crate::parts::{counted, number_of};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::{END_JOBS, ENDED_SESSIONS, SESSIONS};
use crate::said::Said;
use crate::signed_in::Looking;
use crate::{ConsoleState, answer};

/// After how many seconds the page of a job that runs is loaded anew.
const AGAIN: HeaderValue = HeaderValue::from_static("1");

#[derive(Template)]
#[template(path = "end_job.html")]
struct JobPage {
    frame: Frame,
    job: EndJob,
    is_running: bool,
    /// How many have ended, in words.
    ended: String,
    live: &'static str,
    over: &'static str,
}

/// Where the page of a job is.
pub(super) fn address(job: EndJobId) -> String {
    format!("{END_JOBS}/{}", Uuid::from_bytes(job.0))
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    Looking(signed_in): Looking,
    place: Place,
) -> Result<Response, ConsoleError> {
    // Who may end nothing is told no more.
    signed_in.caller.require_some_writing()?;
    let job = console.administration().end_job(&signed_in.caller, place.job()?)?;
    let (title, said) = match job.state {
        EndJobState::Running => ("Sessions are being ended", None),
        EndJobState::Done => ("Sessions were ended", Some(Said::good("All of them have ended."))),
        EndJobState::Failed => ("Sessions are ended, and not all of it is stored", Some(Said::bad(FAILED))),
    };
    let is_running = job.state == EndJobState::Running;
    let ended = format!("{} of {}", number_of(job.ended), counted(job.found, "session", "sessions"));
    let frame = Frame::of(signed_in.viewer(), title).below([("Live sessions", SESSIONS)]).saying(said);
    let page = JobPage { frame, job, is_running, ended, live: SESSIONS, over: ENDED_SESSIONS };
    let mut answer = answer::page(StatusCode::OK, &page);
    if is_running {
        answer.headers_mut().insert(header::REFRESH, AGAIN);
    }
    Ok(answer)
}

const FAILED: &str = "Neither the database nor the journal took the ends of some. All of them are refused from now on, and what is \
                      not stored is tried again by itself: look at the overview, and ask once more when the database answers.";
