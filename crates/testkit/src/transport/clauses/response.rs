//! The bytes of a response.

use http::header::HeaderValue;
use http::{Method, StatusCode, Version};

use super::super::Finding;
use super::super::clause::{Clause, ensure};
use super::super::context::{Context, exchange, get, post};
use crate::server::Server;

pub(super) const CLAUSES: &[Clause] = &[
    Clause::must(
        "response.any-status",
        "Any status from 200 to 599 is a response, with its headers and its body, and never an error. What a 404, a 429 \
         or a 503 means is for the client to say: it reads the service's error code from the body and the delay from \
         Retry-After. As an error it would look like a network failure, and a submit as if its outcome were unknown.",
        |context| Box::pin(any_status(context)),
    ),
    Clause::must(
        "response.header-values",
        "Header values come back byte for byte, also bytes that are not UTF-8, blanks inside, and no byte at all. The \
         file name of an export can stand in Content-Disposition in whatever encoding the object store was given; a \
         transport that drops or replaces it takes the name away, and one that panics takes the program.",
        |context| Box::pin(header_values(context)),
    ),
    Clause::must(
        "response.duplicate-headers",
        "A header that comes several times is handed on as often and in its order. WWW-Authenticate and Set-Cookie come \
         that way and cannot be joined; a map that keeps one value per name loses the others without a trace.",
        |context| Box::pin(duplicate_headers(context)),
    ),
    Clause::must(
        "response.large-header",
        "A header value of 32 KiB is accepted. IAM hands a new token out in X-Subject-Token, and with many roles and \
         projects it grows that long; a transport with a smaller limit cannot log such an administrator in at all.",
        |context| Box::pin(large_header(context)),
    ),
    Clause::must(
        "response.informational",
        "Informational responses such as 100 and 103 before the final one are not the response, and nothing of them is \
         mixed into it. A transport that returns a 100 makes the client take a submit for answered while the answer \
         with the task's id is still to come, and reads the real answer as that of the next request.",
        |context| Box::pin(informational(context)),
    ),
    Clause::must(
        "response.no-content",
        "A 204, a 304 and the answer to a HEAD have no body, whatever their Content-Length says: the body ends at once, \
         and the next request works. Deleting a task is answered with 204; a transport that waits for the announced \
         bytes hangs until the idle limit, or swallows the beginning of the next response.",
        |context| Box::pin(no_content(context)),
    ),
    Clause::must(
        "response.content-length",
        "A body with Content-Length is handed on whole and byte for byte, binary bytes included, and the header stays \
         visible. An export is a spreadsheet, that is an archive: one byte lost or replaced at the end and it no longer \
         opens.",
        |context| Box::pin(content_length(context)),
    ),
    Clause::must(
        "response.chunked",
        "A chunked body is put together whatever its chunks look like: one byte each, with extensions, with leading zeros \
         and hex digits in either case, with trailers at its end. Gateways re-chunk as they like; a reader that is \
         particular about it mixes framing into an export or refuses it.",
        |context| Box::pin(chunked(context)),
    ),
    Clause::should(
        "response.version",
        "The response reports the version of HTTP that the server spoke. Whoever diagnoses a slow download wants to know \
         that an old proxy in between answers with HTTP/1.0; nothing in the client depends on it.",
        |context| Box::pin(version(context)),
    ),
];

/// A server that answers every request with these bytes.
pub(super) async fn answering(response: impl Into<Vec<u8>>) -> Server {
    let response = response.into();
    Server::plain(move |connection| connection.answer_all(response.clone())).await
}

async fn any_status(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let code = request.target.trim_start_matches('/');
            let answer =
                format!("HTTP/1.1 {code} Whatever\r\nx-code: {code}\r\ncontent-length: 3\r\n\r\n{code}");
            connection.write(answer).await;
        }
    })
    .await;
    let transport = context.plain()?;
    for code in [
        200, 201, 202, 203, 206, 226, 299, 300, 305, 399, 400, 402, 403, 404, 405, 406, 409, 410, 411, 412,
        413, 415, 416, 418, 422, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 511, 599,
    ] {
        let request = get(server.url(&format!("/{code}")));
        let response = exchange(context, &transport, request)
            .await
            .map_err(|finding| Finding::new(format!("a {code} gave no whole response: {finding}")))?;
        ensure!(
            response.status() == code,
            "{code} came back as {}",
            response.status()
        );
        ensure!(
            response.headers().contains_key("x-code") && response.body() == code.to_string().as_str(),
            "a {code} came back without its header or its body"
        );
    }
    Ok(())
}

async fn header_values(context: &Context) -> Result<(), Finding> {
    let values = [
        ("x-bytes", (0x80..=0xff).collect::<Vec<u8>>()),
        (
            "content-disposition",
            b"attachment; filename=\"\xbb\xe1\xbb\xb0  1.xlsx\"".to_vec(),
        ),
        ("x-list", b"a,  b;q=\"1, 2\"\t, ".trim_ascii().to_vec()),
        ("x-empty", Vec::new()),
    ];
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n".to_vec();
    for (name, value) in &values {
        answer.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    answer.extend(b"\r\n");
    let server = answering(answer).await;
    let response = exchange(context, &context.plain()?, get(server.url("/"))).await?;
    for (name, value) in values {
        let came: Vec<_> = response.headers().get_all(name).iter().collect();
        ensure!(
            came.len() == 1 && came[0].as_bytes() == value,
            "the header {name} is {came:?} instead of {:?}",
            HeaderValue::from_bytes(&value)
        );
    }
    Ok(())
}

async fn duplicate_headers(context: &Context) -> Result<(), Finding> {
    let server = answering(
        "HTTP/1.1 200 OK\r\nx-tag: second\r\ncontent-length: 0\r\nX-Tag: first\r\nx-other: 1\r\nx-tag: second\r\n\r\n",
    )
    .await;
    let response = exchange(context, &context.plain()?, get(server.url("/"))).await?;
    let came: Vec<_> = response.headers().get_all("x-tag").iter().collect();
    ensure!(
        came == ["second", "first", "second"],
        "three values of one header came back as {came:?}"
    );
    Ok(())
}

async fn large_header(context: &Context) -> Result<(), Finding> {
    let token = "MIIF+/=-".repeat(4096);
    let server = answering(format!(
        "HTTP/1.1 201 Created\r\nx-subject-token: {token}\r\ncontent-length: 2\r\n\r\n{{}}"
    ))
    .await;
    let response = exchange(
        context,
        &context.plain()?,
        post(server.url("/v3/auth/tokens"), "{}"),
    )
    .await?;
    let came = response
        .headers()
        .get("x-subject-token")
        .map_or(0, HeaderValue::len);
    ensure!(came == token.len(), "{came} of {} bytes came back", token.len());
    Ok(())
}

async fn informational(context: &Context) -> Result<(), Finding> {
    for informational in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\nx-early: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx-early: 1\r\n\r\nHTTP/1.1 199 Other\r\n\r\n",
    ] {
        let server = Server::plain(move |mut connection| async move {
            while connection.request().await.is_some() {
                connection.write(informational).await;
                connection
                    .write("HTTP/1.1 200 OK\r\nx-final: 1\r\ncontent-length: 4\r\n\r\ndone")
                    .await;
            }
        })
        .await;
        let transport = context.plain()?;
        for request in [post(server.url("/"), "{}"), get(server.url("/"))] {
            let response = exchange(context, &transport, request).await?;
            ensure!(
                response.status() == StatusCode::OK && response.headers().contains_key("x-final"),
                "an informational response was taken for the response: {}",
                response.status()
            );
            ensure!(
                !response.headers().contains_key("x-early"),
                "a header of an informational response is among those of the final one"
            );
            ensure!(
                response.body() == "done",
                "the body of the final response is lost"
            );
        }
    }
    Ok(())
}

async fn no_content(context: &Context) -> Result<(), Finding> {
    for (method, status) in [
        (Method::DELETE, "204 No Content"),
        (Method::GET, "304 Not Modified"),
        (Method::HEAD, "200 OK"),
    ] {
        let server = Server::plain(move |mut connection| async move {
            while let Some(request) = connection.request().await {
                if request.target == "/next" {
                    connection
                        .write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext")
                        .await;
                } else {
                    connection
                        .write(format!("HTTP/1.1 {status}\r\ncontent-length: 100\r\n\r\n"))
                        .await;
                }
            }
        })
        .await;
        let transport = context.plain()?;
        let mut request = get(server.url("/task"));
        *request.method_mut() = method.clone();
        let response = exchange(context, &transport, request).await.map_err(|finding| {
            Finding::new(format!(
                "the answer {status} to a {method} has no body, but: {finding}"
            ))
        })?;
        ensure!(
            response.body().is_empty() && status.starts_with(response.status().as_str()),
            "{status} came back as {} with {} bytes",
            response.status(),
            response.body().len()
        );
        let next = exchange(context, &transport, get(server.url("/next"))).await?;
        ensure!(
            next.body() == "next",
            "the request after a {status} was not answered with its own response"
        );
    }
    Ok(())
}

async fn content_length(context: &Context) -> Result<(), Finding> {
    for length in [1_usize, 255, (3 << 20) + 1] {
        let sent: Vec<u8> = (0..length).map(|at| (at >> 8) as u8 ^ at as u8).collect();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let server = answering([answer.as_bytes(), sent.as_slice()].concat()).await;
        let response = exchange(context, &context.plain()?, get(server.url("/export"))).await?;
        ensure!(
            response.headers().get("content-length") == Some(&HeaderValue::from(length)),
            "the content-length header of the response is gone or changed"
        );
        ensure!(
            response.body().len() == length,
            "{} of {length} bytes came",
            response.body().len()
        );
        ensure!(*response.body() == sent, "{length} bytes came, but others");
    }
    Ok(())
}

async fn chunked(context: &Context) -> Result<(), Finding> {
    let server = Server::plain(|mut connection| async move {
        while connection.request().await.is_some() {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-checksum\r\n\r\n";
            connection.write(head).await;
            for byte in b"one by one" {
                connection.write(format!("1\r\n{}\r\n", char::from(*byte))).await;
            }
            for chunk in [
                "8;n=\"v w\"\r\n\r\n1\r\nx\r\n\r\n",
                "00B\r\nhexadecimal\r\n",
                "00b\r\nhexadecimal\r\n",
                "0;last\r\nx-checksum: 1234\r\nx-more: 5\r\n\r\n",
            ] {
                connection.write(chunk).await;
            }
        }
    })
    .await;
    let transport = context.plain()?;
    for _ in 0..2 {
        let response = exchange(context, &transport, get(server.url("/"))).await?;
        let expected = "one by one\r\n1\r\nx\r\nhexadecimalhexadecimal";
        ensure!(
            response.body() == expected,
            "{:?} came instead of {expected:?}",
            String::from_utf8_lossy(response.body())
        );
    }
    Ok(())
}

async fn version(context: &Context) -> Result<(), Finding> {
    for (text, version) in [("1.1", Version::HTTP_11), ("1.0", Version::HTTP_10)] {
        let server = answering(format!("HTTP/{text} 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
        let response = exchange(context, &context.plain()?, get(server.url("/"))).await?;
        ensure!(
            response.version() == version,
            "HTTP/{text} was reported as {:?}",
            response.version()
        );
    }
    Ok(())
}
