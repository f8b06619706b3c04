//! An export as a body: pages of the audit as JSON lines, each read when the client has taken the one before.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::HttpBody;
use bytes::Bytes;
use http_body::Frame;
use vestibule_auth::{AuditExport, Auth};

use super::entry::EntryLine;

/// Why an export breaks off: the client sees an answer without its end.
#[derive(Debug, thiserror::Error)]
#[error("the audit cannot be read to its end")]
pub(super) struct ExportBroken(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The lines of the next page, and the export behind it; None: that was all.
type Next = Pin<Box<dyn Future<Output = Result<Option<(Bytes, AuditExport)>, ExportBroken>> + Send>>;

/// The body.
pub(super) struct Lines {
    auth: Arc<Auth>,
    /// None: it is over.
    next: Option<Next>,
}

impl Lines {
    pub(super) fn of(auth: Arc<Auth>, export: AuditExport) -> Self {
        let next = Some(next(Arc::clone(&auth), export));
        Self { auth, next }
    }
}

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = ExportBroken;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExportBroken>>> {
        let lines = self.get_mut();
        let Some(page) = &mut lines.next else { return Poll::Ready(None) };
        let page = ready!(page.as_mut().poll(context));
        lines.next = None;
        Poll::Ready(match page {
            Ok(Some((text, export))) => {
                lines.next = Some(next(Arc::clone(&lines.auth), export));
                Some(Ok(Frame::data(text)))
            }
            Ok(None) => None,
            Err(broken) => Some(Err(broken)),
        })
    }
}

fn next(auth: Arc<Auth>, mut export: AuditExport) -> Next {
    Box::pin(async move {
        loop {
            let page = auth.administration().next_of_export(&mut export).await.map_err(|error| {
                tracing::error!(%error, "an export of the audit broke off");
                ExportBroken(Box::new(error))
            })?;
            let Some(entries) = page else { return Ok(None) };
            let mut text = Vec::new();
            for entry in entries {
                serde_json::to_writer(&mut text, &EntryLine::from(entry))
                    .map_err(|error| ExportBroken(error.into()))?;
                text.push(b'\n');
            }
            // A page may be empty although more follow; a piece of a body may not.
            if !text.is_empty() {
                return Ok(Some((text.into(), export)));
            }
        }
    })
}
