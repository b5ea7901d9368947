//! `GET /v1/{project_id}/session/list-sessions`, page by page.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream;
use session_export_model::{SessionFilter, SessionInfo, SessionList, SessionOperation, limits};

use super::{Call, Operation};
use crate::deadline::Phase;
use crate::{Client, Error, ErrorKind};

const OPERATION: Operation = Operation::ListSessions;

/// A list of sessions that has not been read yet.
///
/// ```no_run
/// # async fn example(client: session_export::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use session_export::{SessionFilter, SessionOperation};
///
/// let week = SessionFilter::builder().begin("2024-02-20T00:00:00Z").end("2024-02-27T00:00:00Z");
/// let mut sessions = client.list_sessions(week.build_for(SessionOperation::List)?).stream();
/// while let Some(session) = sessions.next().await {
///     println!("{:?}", session?.login_user);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct ListSessions {
    client: Client,
    filter: SessionFilter,
    page_size: u32,
}

impl ListSessions {
    pub(crate) fn new(client: Client, filter: SessionFilter) -> Self {
        Self {
            client,
            filter,
            page_size: limits::PAGE,
        }
    }

    /// How many sessions to ask for at once: 1 to 100, 100 by default. Other values are brought into that range.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows.clamp(1, limits::PAGE);
        self
    }

    /// Reads the page that starts at `offset`, as the service answers it.
    ///
    /// The gateway may drop the filter `public_ip` (its published mapping does not list it), so a page can hold other
    /// addresses; [`stream`](Self::stream) checks them again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] when the filter has no window, else whatever the call ends with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the exchange; nothing changes.
    pub async fn page(&self, offset: u32) -> Result<SessionList, Error> {
        let client = &self.client;
        let _time = client.time(Phase::Other);
        self.filter
            .check(SessionOperation::List)
            .map_err(|violations| Error::invalid(OPERATION, violations))?;
        let path = ["v1", client.project_id().as_str(), "session", "list-sessions"];
        let paging = [
            ("limit", self.page_size.to_string().into()),
            ("offset", offset.to_string().into()),
        ];
        let uri = client
            .endpoint()
            .sessions()
            .url(path, paging.into_iter().chain(self.filter.pairs()));
        let (list, _) = Call::get(OPERATION, uri)
            .json(client, |list: &SessionList| {
                list.count.is_none() && list.items.is_empty()
            })
            .await?;
        Ok(list)
    }

    /// Reads everything, page after page, as it is asked for.
    ///
    /// Rows shift while a list is paged, because new sessions start; a session that comes a second time is left out, by
    /// its id. The memory this takes is 16 bytes and a little for each session.
    pub fn stream(self) -> SessionStream {
        let count = Arc::new(AtomicU64::new(NO_COUNT));
        let pager = Pager {
            list: self,
            offset: 0,
            page: Vec::new().into_iter(),
            seen: HashSet::new(),
            ended: false,
            count: Arc::clone(&count),
        };
        let stream = stream::try_unfold(pager, |mut pager| async move {
            Ok(pager.next().await?.map(|row| (row, pager)))
        });
        SessionStream {
            inner: Box::pin(stream),
            count,
        }
    }
}

/// Sessions, one after the other. After an error it ends.
///
/// # Cancel safety
///
/// Between two sessions it can be dropped or kept at will; a page whose reading was dropped is read again.
#[must_use]
pub struct SessionStream {
    inner: Pin<Box<dyn Stream<Item = Result<SessionInfo, Error>> + Send>>,
    count: Arc<AtomicU64>,
}

/// Stands for a count that no page has given yet; the service's own end at 2,147,483,647.
const NO_COUNT: u64 = u64::MAX;

impl SessionStream {
    /// How many sessions match by the service's own count, as the last page that was read gave it. It may count
    /// sessions that the stream leaves out: duplicates, and other addresses where the gateway drops `public_ip`.
    pub fn count(&self) -> Option<u32> {
        u32::try_from(self.count.load(Ordering::Relaxed)).ok()
    }

    /// The next session, or `None` after the last.
    ///
    /// # Errors
    ///
    /// What reading a page ended with.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no session is lost.
    pub async fn next(&mut self) -> Option<Result<SessionInfo, Error>> {
        poll_fn(|cx| self.inner.as_mut().poll_next(cx)).await
    }
}

impl Stream for SessionStream {
    type Item = Result<SessionInfo, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for SessionStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStream").finish_non_exhaustive()
    }
}

struct Pager {
    list: ListSessions,
    offset: u32,
    page: std::vec::IntoIter<SessionInfo>,
    seen: HashSet<RowId>,
    ended: bool,
    count: Arc<AtomicU64>,
}

/// A session's id. In the samples it has 32 hexadecimal digits, which fit into 16 bytes; a million of them as texts
/// would take 80 MB.
#[derive(PartialEq, Eq, Hash)]
enum RowId {
    Hex(u128),
    Text(Box<str>),
}

impl RowId {
    fn new(id: &str) -> Self {
        let is_hex = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match u128::from_str_radix(id, 16) {
            Ok(number) if is_hex => Self::Hex(number),
            _ => Self::Text(id.into()),
        }
    }
}

impl Pager {
    async fn next(&mut self) -> Result<Option<SessionInfo>, Error> {
        loop {
            if let Some(row) = self.page.next() {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            self.read_page().await?;
        }
    }

    async fn read_page(&mut self) -> Result<(), Error> {
        let page = self.list.page(self.offset).await?;
        let rows = page.items.len();
        let mut grew = false;
        if let Some(count) = page.count.map(u64::from) {
            let before = self.count.swap(count, Ordering::Relaxed);
            grew = before != NO_COUNT && count > before;
        }
        // A row without an id cannot be told from another; it is kept.
        let fresh: Vec<_> = page
            .items
            .into_iter()
            .filter(|row| {
                row.id
                    .as_deref()
                    .is_none_or(|id| self.seen.insert(RowId::new(id)))
            })
            .collect();
        // New sessions may have pushed a whole page of known ones to this offset. Otherwise the server ignores the
        // offset, and would be asked the same for ever.
        if fresh.is_empty() && rows > 0 && !grew {
            let path = format!(
                "items: the page at offset {} holds no session that was not on an earlier page",
                self.offset
            );
            return Err(Error::new(OPERATION, ErrorKind::Decode { path }));
        }
        self.offset = self
            .offset
            .saturating_add(u32::try_from(rows).unwrap_or(u32::MAX))
            .min(limits::OFFSET);
        // A short page proves nothing: the server's page may be smaller than what was asked for.
        self.ended = match page.count {
            Some(count) => self.offset >= count,
            None => rows == 0,
        } || self.offset == limits::OFFSET;
        if rows == 0 && !self.ended {
            let path = format!(
                "items: the page at offset {} is empty, although the service counts more sessions",
                self.offset
            );
            return Err(Error::new(OPERATION, ErrorKind::Decode { path }));
        }
        let wanted = |row: &SessionInfo| match self.list.filter.public_ip() {
            Some(address) => address.matches(row.public_ip.as_deref().unwrap_or_default()),
            None => true,
        };
        self.page = fresh.into_iter().filter(wanted).collect::<Vec<_>>().into_iter();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_stay_apart() {
        let id = "7d5d1b0a0f6f4d0a9e2b1c3d4e5f6a7b";
        assert!(RowId::new(id) == RowId::new(id));
        for other in [
            "7D5D1B0A0F6F4D0A9E2B1C3D4E5F6A7B",
            "+d5d1b0a0f6f4d0a9e2b1c3d4e5f6a7b",
            "7d5d",
            "",
        ] {
            assert!(RowId::new(id) != RowId::new(other), "{other}");
        }
    }
}
