use std::sync::Mutex;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;

use super::extract::{BEGIN, END};
use super::*;

fn call() -> CallContext {
    CallContext {
        agent_id: Arc::from("main"),
        session_key: Arc::from("agent:main:main"),
        run_id: Arc::from("run"),
        tool_call_id: "call".into(),
        workspace: std::path::PathBuf::from("/"),
        depth: 0,
        cancel: CancellationToken::new(),
        progress: Arc::new(|_| {}),
        engine: None,
        secrets: crate::secrets::Secrets::none(),
        budget: Default::default(),
        told_by: Arc::default(),
        seat: Default::default(),
    }
}

/// A server that answers every path with what the test says, one request for each connection.
async fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (u16, Arc<Mutex<u32>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let read = socket.read(&mut buffer).await.unwrap();
            *count.lock().unwrap() += 1;
            let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or("/");
            // A reader that has enough hangs up.
            let _ = socket.write_all(answer(path).as_bytes()).await;
        }
    });
    (port, asked)
}

/// A server that answers with these bytes as a page in Shift_JIS.
async fn serve_bytes(body: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut vec![0; 4096]).await.unwrap();
            let head = page("text/html; charset=Shift_JIS", "");
            let head = head.replace("content-length: 0\r\n", "");
            let answer = [head.as_bytes(), body].concat();
            // A reader that has enough hangs up.
            let _ = socket.write_all(&answer).await;
        }
    });
    port
}

fn page(kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn redirect(to: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

fn reaching(hosts: &[&str]) -> FetchOptions {
    FetchOptions {
        reach: Reach {
            private_network: false,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        },
        max_bytes: 2_000,
        ..FetchOptions::default()
    }
}

async fn fetch(options: FetchOptions, url: &str) -> Result<Value, ToolError> {
    fetch_where(options, url, true).await
}

/// With a policy that says the same of all URLs of an origin, or may not.
async fn fetch_where(
    options: FetchOptions,
    url: &str,
    says_the_same: bool,
) -> Result<Value, ToolError> {
    let tool = WebFetch::new(options, Arc::new(move || says_the_same)).unwrap();
    let given = json!({ "url": url });
    let effect = tool.resolve(&given, &call()).await?;
    let output = tool.run(&effect, &given, &call()).await?;
    Ok(output.details.unwrap())
}

#[tokio::test]
async fn a_page_comes_as_markdown_and_marked_as_foreign() {
    let html = "<!doctype html><html><head><title>A &amp; B</title><style>x</style></head>\
        <body><h1>Head</h1><p>Some <b>text</b>.</p><script>alert(1)</script></body></html>";
    let (port, _) = serve(move |_| page("text/html", html)).await;
    let url = format!("http://127.0.0.1:{port}/");
    let told = fetch(reaching(&["127.0.0.1"]), &url).await.unwrap();
    let text = told["text"].as_str().unwrap();
    assert!(
        text.contains("# Head") && text.contains("**text**"),
        "{text}"
    );
    assert!(!text.contains("alert"), "{text}");
    assert!(text.starts_with(BEGIN) && text.ends_with(END));
    assert!(told["title"].as_str().unwrap().contains("A & B"));
    assert_eq!(told["status"], 200);
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let (port, asked) = serve(|_| page("text/plain", "secret")).await;
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ] {
        let result = fetch(reaching(&[]), &format!("http://{host}:{port}/")).await;
        assert!(result.is_err(), "{host}: {result:?}");
    }
    assert_eq!(*asked.lock().unwrap(), 0, "nothing was asked");
}

#[tokio::test]
async fn nobody_is_asked_about_this_machine_by_name_where_it_is_refused_anyway() {
    let resolved = async |options: FetchOptions, host: &str| {
        let tool = WebFetch::new(options, Arc::new(|| true)).unwrap();
        let given = json!({ "url": format!("http://{host}:1/") });
        tool.resolve(&given, &call()).await.map(drop)
    };
    for host in ["localhost", "LOCALHOST.", "app.localhost"] {
        let refused = resolved(reaching(&[]), host).await;
        assert!(refused.is_err(), "{host}: {refused:?}");
    }
    resolved(reaching(&["localhost"]), "localhost")
        .await
        .unwrap();
    resolved(reaching(&[]), "localhost.example.org")
        .await
        .unwrap();
}

/// A server whose pages send on to what their names say, and another one that nothing may be sent on to unasked.
async fn sending_on() -> (impl Fn(&str) -> String, u16, Arc<Mutex<u32>>) {
    let (inner, asked) = serve(|_| page("text/plain", "secret")).await;
    let (port, _) = serve(move |path| match path {
        "/port" => redirect(&format!("http://127.0.0.1:{inner}/x")),
        "/name" => redirect(&format!("http://localhost:{inner}/x")),
        "/literal" => redirect(&format!("http://0.0.0.0:{inner}/")),
        "/metadata" => redirect("http://169.254.169.254/latest/"),
        "/file" => redirect("file:///etc/passwd"),
        "/loop" => redirect("/loop"),
        "/fine" => redirect("/end"),
        _ => page("text/plain", "the end"),
    })
    .await;
    let at = move |path: &str| format!("http://127.0.0.1:{port}/{path}");
    (at, inner, asked)
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_told_and_not_followed() {
    let (at, inner, asked) = sending_on().await;
    for (path, to) in [
        ("port", format!("http://127.0.0.1:{inner}/x")),
        ("name", format!("http://localhost:{inner}/x")),
    ] {
        let everything = reaching(&["127.0.0.1", "localhost"]);
        let told = fetch(everything, &at(path)).await.unwrap();
        assert_eq!(told["redirect"], to.as_str(), "{told}");
        assert_eq!(told["status"], 302);
        assert!(told.get("finalUrl").is_none(), "nothing was read: {told}");
    }
    assert_eq!(*asked.lock().unwrap(), 0, "the other one was not asked");
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_only_where_no_rule_tells_urls_apart() {
    let (at, ..) = sending_on().await;
    let options = || reaching(&["127.0.0.1"]);
    let read = fetch_where(options(), &at("fine"), true).await.unwrap();
    assert!(read["text"].as_str().unwrap().contains("the end"));
    assert_eq!(read["finalUrl"], at("end").as_str());
    let told = fetch_where(options(), &at("fine"), false).await.unwrap();
    assert_eq!(told["redirect"], at("end").as_str(), "{told}");
    assert!(!told["text"].as_str().unwrap().contains("the end"));
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_fetchable_or_round_and_round_is_an_error() {
    let (at, _, asked) = sending_on().await;
    for path in ["literal", "metadata", "file", "loop"] {
        let result = fetch(reaching(&["127.0.0.1"]), &at(path)).await;
        assert!(result.is_err(), "{path}: {result:?}");
    }
    assert_eq!(*asked.lock().unwrap(), 0, "the inner server was not asked");
}

#[tokio::test]
async fn no_setting_opens_an_address_that_hands_out_credentials() {
    for host in [
        "169.254.169.254",
        "169.254.1.1",
        "2852039166",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "168.63.129.16",
    ] {
        let mut options = reaching(&[host, "169.254.169.254"]);
        options.reach.private_network = true;
        options.timeout = Duration::from_secs(2);
        let result = fetch(options, &format!("http://{host}/latest/meta-data/")).await;
        let Err(ToolError::Arguments(why)) = result else {
            panic!("{host}: {result:?}")
        };
        assert!(why.contains("no setting opens"), "{why}");
    }
}

#[tokio::test]
async fn a_large_page_is_cut() {
    let (port, _) = serve(|_| page("text/plain", &"x".repeat(100_000))).await;
    let url = format!("http://127.0.0.1:{port}/");
    let told = fetch(reaching(&["127.0.0.1"]), &url).await.unwrap();
    assert_eq!(told["truncated"], true);
    assert_eq!(told["rawLength"], 2_000);
}

#[tokio::test]
async fn urls_that_are_none_of_the_web_are_refused() {
    for url in [
        "file:///etc/passwd",
        "ftp://example.org/",
        "http://user:pw@example.org/",
        "nothing",
        "http://",
    ] {
        let result = fetch(reaching(&[]), url).await;
        assert!(
            matches!(result, Err(ToolError::Arguments(_))),
            "{url}: {result:?}"
        );
    }
}

#[test]
fn a_page_cannot_end_its_own_mark() {
    let text = wrapped(&format!("a {END} b"));
    assert_eq!(text.matches(END).count(), 1);
}

/// Pages that are made to exhaust whoever reads them.
fn hostile_pages() -> Vec<(&'static str, String)> {
    let many = |part: &str, times: usize| part.repeat(times);
    let fonts: String = (0..4_000).map(|n| format!("<font a={n}>")).collect();
    let attributes: String = (0..2_000).map(|n| format!(" a{n}")).collect();
    vec![
        ("bold", many("<b>", 100_000)),
        ("divisions", many("<div>", 100_000)),
        ("crossed", many("<b><div></b>", 40_000)),
        ("templates", many("<template>", 60_000)),
        ("lists", many("<ul><li>", 60_000)),
        ("tables", many("<table><tr><td>", 30_000)),
        ("quotes", many("<blockquote>", 40_000)),
        ("drawings", many("<svg><g>", 40_000)),
        ("a title", format!("<title>{}</title>", many("<b>", 50_000))),
        (
            "tags that multiply",
            format!("<div>{fonts}</div>{}", many("<p>x</p>", 40_000)),
        ),
        ("attributes", format!("<p{attributes}>")),
        ("comments", many("<style><!---->", 40_000)),
    ]
}

#[tokio::test]
async fn no_page_exhausts_its_reader_and_its_words_are_told_all_the_same() {
    for (name, page_of) in hostile_pages() {
        let body = format!("<!doctype html><p>before</p>{page_of}");
        let (port, _) = serve(move |_| page("text/html", &body)).await;
        let mut options = reaching(&["127.0.0.1"]);
        options.max_bytes = 750_000;
        let url = format!("http://127.0.0.1:{port}/");
        let told = fetch(options, &url).await;
        let told = told.unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = told["text"].as_str().unwrap();
        assert!(text.contains("before"), "{name}: {text:.200}");
    }
}

#[tokio::test]
async fn the_deepest_tree_that_is_walked_fits_on_the_stack() {
    let cancel = CancellationToken::new();
    for (open, close) in [
        ("<b>", "</b>"),
        ("<div>", "</div>"),
        ("<blockquote>", "</blockquote>"),
        ("<ul><li>", "</li></ul>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<span>", "</span>"),
        ("<a href=x>", "</a>"),
    ] {
        // Some of them stand for several levels; the deepest that is walked is among these.
        for times in (20..160).step_by(4) {
            let body = format!("{}deep{}", open.repeat(times), close.repeat(times));
            let told = read(
                Page {
                    url: Url::parse("http://example.org").unwrap(),
                    status: 200,
                    content_type: "text/html".into(),
                    body,
                    cut: false,
                },
                Mode::Markdown,
                &cancel,
            );
            let (_, extract) = told.await.unwrap();
            assert!(extract.text.contains("deep"), "{open} {times}");
        }
    }
}

#[tokio::test]
async fn a_page_that_is_too_deep_is_told_as_its_words() {
    let html = format!(
        "<title>A &amp; B</title><style>p {{}}</style><p>one &lt; <b>two</b></p>{}<p>three<script>x()</script>",
        "<div>".repeat(1_000)
    );
    let (port, _) = serve(move |_| page("text/html", &html)).await;
    let url = format!("http://127.0.0.1:{port}/");
    let mut options = reaching(&["127.0.0.1"]);
    options.max_bytes = 750_000;
    let told = fetch(options, &url).await.unwrap();
    let text = told["text"].as_str().unwrap().to_owned();
    assert!(text.contains("one < two\nthree\n"), "{text}");
    assert!(told["title"].as_str().unwrap().contains("A & B"), "{told}");
    assert_eq!(told["extractor"], "text");
}

#[tokio::test]
async fn a_page_in_other_letters_is_read_in_them() {
    let (port, _) = serve(|_| page("text/plain; charset=utf-7-is-none", "é")).await;
    let url = format!("http://127.0.0.1:{port}/");
    let told = fetch(reaching(&["127.0.0.1"]), &url).await.unwrap();
    assert!(told["text"].as_str().unwrap().contains('é'), "{told}");
    // 日本 in Shift_JIS, whose second bytes are ASCII or not UTF-8.
    let port = serve_bytes(b"\x93\xfa\x96\x7b").await;
    let url = format!("http://127.0.0.1:{port}/");
    let told = fetch(reaching(&["127.0.0.1"]), &url).await.unwrap();
    assert!(told["text"].as_str().unwrap().contains("日本"), "{told}");
}
