#include "parser/http_observer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "support/http_cases.hpp"

namespace legible::parser {
namespace {

using test::check_http;
using test::client_says;
using test::HttpTeller;
using test::HttpTurn;
using test::server_says;
using test::watch;
using Lines = std::vector<std::string>;

TEST_CASE("exchanges of HTTP/1 are told, paired by their order") {
  check_http({
      {"one exchange",
       {client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")},
       {"client: request 1 GET /a 1.1 | Host: h",
        "server: response 1 200 to GET /a | Content-Length: 3 | body 3"}},
      {"pipelined",
       {client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 2\r\n\r\nxyHEAD /c HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz"
                    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")},
       {"client: request 1 GET /a 1.1 | Host: h",
        "client: request 2 POST /b 1.1 | Host: h | Content-Length: 2 | body 2",
        "client: request 3 HEAD /c 1.1 | Host: h", "server: response 1 204 to GET /a",
        "server: response 2 200 to POST /b | Content-Length: 1 | body 1",
        "server: response 3 200 to HEAD /c | Content-Length: 500"}},
      {"Expect: 100-continue",
       {client_says(
            "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        server_says("HTTP/1.1 100 Continue\r\n\r\n"), client_says("ok"),
        server_says("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")},
       {"server: response 1 100 to PUT /a",
        "client: request 1 PUT /a 1.1 | Host: h | Expect: 100-continue | Content-Length: 2 | body "
        "2",
        "server: response 1 201 to PUT /a | Content-Length: 0"}},
      {"early hints",
       {client_says("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
                    "Content-Length: 0\r\n\r\n")},
       {"client: request 1 GET / 1.1 | Host: h", "server: response 1 103 to GET / | Link: x",
        "server: response 1 200 to GET / | Content-Length: 0"}},
      {"chunks and trailers, both ways",
       {client_says("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\nDigest: d\r\n\r\n"),
        server_says(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: v\r\n\r\n")},
       {"client: request 1 POST / 1.1 | Host: h | Transfer-Encoding: chunked | body 5 | trailers | "
        "Digest: d",
        "server: response 1 200 to POST / | Transfer-Encoding: chunked | body 1 | trailers | T: "
        "v"}},
      {"a body to the end of the connection",
       {client_says("GET / HTTP/1.0\r\n\r\n"), server_says("HTTP/1.0 200 OK\r\n\r\nall of it")},
       {"client: request 1 GET / 1.0", "server: response 1 200 to GET / | body 9"}},
      {"a request that never ends",
       {client_says("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"),
        server_says("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")},
       {"server: response 1 400 to POST /a | Content-Length: 0",
        "client: request 1 POST /a 1.1 | Host: h | Content-Length: 5 | body 2 ..."}},
      {"a response that never ends",
       {client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")},
       {"client: request 1 GET /a 1.1 | Host: h",
        "server: response 1 200 to GET /a | Content-Length: 5 | body 2 ..."}},
      {"a time-out that no request waited for",
       {server_says("HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n")},
       {"server: response 0 408 to   | Content-Length: 0 ! unsolicited-response"}},
      {"CONNECT that is granted",
       {client_says("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
        server_says("HTTP/1.1 200 OK\r\n\r\nSSH-2.0"), client_says("SSH-2.0-x\r\n")},
       {"client: request 1 CONNECT h:1 1.1 | Host: h:1", "server: response 1 200 to CONNECT h:1"}},
      {"CONNECT that is refused, and another request",
       {client_says("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"),
        server_says("HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno"),
        client_says("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
       {"client: request 1 CONNECT h:1 1.1 | Host: h:1",
        "server: response 1 407 to CONNECT h:1 | Content-Length: 2 | body 2 \"no\"",
        "client: request 2 GET / 1.1 | Host: h",
        "server: response 2 200 to GET / | Content-Length: 0"}},
      {"an upgrade that is refused",
       {client_says(
            "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
        server_says("HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n"),
        client_says("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"), server_says("HTTP/1.1 204 No\r\n\r\n")},
       {"client: request 1 GET /a 1.1 | Host: h | Connection: upgrade | Upgrade: websocket | to "
        "websocket",
        "server: response 1 426 to GET /a | Content-Length: 0",
        "client: request 2 GET /b 1.1 | Host: h", "server: response 2 204 to GET /b"}},
      {"an upgrade to what is not known here",
       {client_says("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: mine/2\r\n\r\n"),
        server_says("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: mine/2\r\n\r\nwords"),
        client_says("more words")},
       {"client: request 1 GET / 1.1 | Host: h | Connection: upgrade | Upgrade: mine/2 | to mine/2",
        "server: response 1 101 to GET / | Connection: upgrade | Upgrade: mine/2 | to mine/2"}},
  });
}

TEST_CASE("what is no HTTP is passed over in silence") {
  check_http({
      {"SMTP", {server_says("220 mail ESMTP\r\n"), client_says("EHLO x\r\n")}, {}},
      {"a protocol of its own", {client_says("\x01\x02\x03 HTTP/1.1"), server_says("\x04")}, {}},
      {"an answer that is none",
       {client_says("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), server_says("<html>")},
       {"client: request 1 GET / 1.1 | Host: h"}},
  });
}

TEST_CASE("messages by which requests are smuggled are flagged") {
  const auto request = [](std::string_view fields, std::string_view body = {}) {
    return std::vector{client_says("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" +
                                   std::string(body))};
  };
  const std::string start = "client: request 1 POST / 1.1 | Host: h | ";
  check_http({
      {"both lengths",
       request("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {start + "Content-Length: 4 | Transfer-Encoding: chunked ! "
                "content-length-and-transfer-encoding"}},
      {"two lengths alike",
       request("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"),
       {start + "Content-Length: 2 | Content-Length: 2 | body 2 ! several-content-lengths"}},
      {"two lengths that differ",
       request("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"),
       {"client: Malformed head of an HTTP message: Content-Length at 0",
        start + "Content-Length: 2 | Content-Length: 3 ! several-content-lengths ..."}},
      {"a list of lengths",
       request("Content-Length: 2, 2\r\n", "ab"),
       {"client: Malformed head of an HTTP message: Content-Length at 0",
        "client: request 1 POST / 1.1 | Host: h ! bad-content-length ..."}},
      {"a length with a sign",
       request("Content-Length: +2\r\n", "ab"),
       {"client: Malformed head of an HTTP message: Content-Length at 0",
        "client: request 1 POST / 1.1 | Host: h ! bad-content-length ..."}},
      {"codings in two fields",
       request("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {start +
        "Transfer-Encoding: gzip | Transfer-Encoding: chunked ! several-transfer-encodings"}},
      {"a coding that nobody knows",
       request("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
       {start + "Transfer-Encoding: xchunked | body 5 ! unknown-transfer-encoding"}},
      {"chunked, and not last",
       request("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
       {start + "Transfer-Encoding: chunked, identity | body 5 ! unknown-transfer-encoding"}},
      {"chunk extensions",
       request("Transfer-Encoding: chunked\r\n", "1;a=b\r\nx\r\n0\r\n\r\n"),
       {start + "Transfer-Encoding: chunked | body 1 ! chunk-extensions"}},
      {"a chunk's size that is none",
       request("Transfer-Encoding: chunked\r\n", "1\r\nx\r\nz\r\n"),
       {"client: Malformed HTTP message: chunk at 0",
        start + "Transfer-Encoding: chunked | body 1 ..."}},
      {"two hosts", request("Host: other\r\n"), {start + "Host: other ! several-hosts"}},
      {"no host",
       {client_says("GET / HTTP/1.1\r\n\r\n")},
       {"client: request 1 GET / 1.1 ! no-host"}},
      {"a transfer coding in HTTP/1.0",
       {client_says("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
       {"client: request 1 POST / 1.0 | Transfer-Encoding: chunked ! "
        "transfer-encoding-in-http-1.0"}},
      {"lines that end in LF",
       {client_says("GET / HTTP/1.1\nHost: h\n\n")},
       {"client: request 1 GET / 1.1 | Host: h ! bare-lf"}},
      {"space before a colon",
       request("Content-Length : 2\r\n", "ab"),
       {start + "Content-Length: 2 | body 2 ! space-before-colon"}},
      {"space before a colon, to hide a coding",
       request("Content-Length: 4\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n"),
       {start + "Content-Length: 4 | Transfer-Encoding: chunked ! space-before-colon ! "
                "content-length-and-transfer-encoding"}},
      {"space before another field's colon",
       request("X : 1\r\n"),
       {"client: Malformed head of an HTTP message: syntax at 0",
        "client: request 1 POST / 1.1 | Host: h ! space-before-colon ..."}},
      {"a folded field", request("X: a\r\n b\r\n"), {start + "X: a b ! obs-fold"}},
      {"two answers to one request",
       {client_says("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        server_says("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n")},
       {"client: request 1 GET / 1.1 | Host: h", "server: response 1 204 to GET /",
        "server: response 0 204 to   ! unsolicited-response"}},
  });
}

TEST_CASE("a syntax error is told once, and the other direction goes on") {
  check_http({
      {"after a good request",
       {client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\nrubbish\r\nmore of it\r\n"),
        server_says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), client_says("still more"),
        server_says("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")},
       {"client: request 1 GET /a 1.1 | Host: h",
        "client: Malformed head of an HTTP message: syntax at 28",
        "server: response 1 200 to GET /a | Content-Length: 0",
        "server: response 2 400 to   | Content-Length: 0"}},
  });
}

TEST_CASE("limits of HTTP/1 are said, and hold") {
  Limits limits;
  limits.http_head_bytes = 100;
  check_http(
      {{"a long head",
        {client_says("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(100, 'a') + "\r\n\r\n")},
        {"client: LimitReached head of an HTTP message 100",
         "client: request 1 GET / 1.1 | Host: h ..."}}},
      limits);

  Limits few;
  few.http_fields = 2;
  few.http_kept_bytes = 20;
  check_http({{"many fields",
               {client_says("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n")},
               {"client: request 1 GET / 1.1 | Host: h | A: 1 | dropped 2"}},
              {"long fields",
               {client_says("GET / HTTP/1.1\r\nHost: h\r\nA: 1234567890123456\r\n\r\n")},
               {"client: request 1 GET / 1.1 | Host: h | dropped 1"}}},
             few);

  Limits pipeline;
  pipeline.http_open_requests = 1;
  check_http(
      {{"many requests at once",
        {client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
         client_says("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"), server_says("HTTP/1.1 204 No\r\n\r\n")},
        {"client: request 1 GET /a 1.1 | Host: h",
         "client: LimitReached requests without a response 1"}}},
      pipeline);

  Limits body;
  body.http_body_bytes = 4;
  check_http({{"a body that is kept in part",
               {client_says("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef")},
               {"client: request 1 POST / 1.1 | Host: h | Content-Length: 6 | body 6 \"abcd\""}}},
             body);

  Limits shared;
  ContentBudget budget(3);
  shared.http_body_bytes = 4;
  shared.http_content = &budget;
  check_http({{"a body of which the common budget leaves less",
               {client_says("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef"),
                client_says("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\ngh")},
               {"client: request 1 POST / 1.1 | Host: h | Content-Length: 6 | body 6 \"abc\" "
                "over budget",
                "client: request 2 POST / 1.1 | Host: h | Content-Length: 2 | body 2 \"gh\""}}},
             shared);
  CHECK(budget.left() == 3);

  Limits error;
  error.http_error_bytes = 2;
  check_http({{"an error, whose start is kept",
               {client_says("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                server_says("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc")},
               {"client: request 1 GET / 1.1 | Host: h",
                "server: response 1 404 to GET / | Content-Length: 3 | body 3 \"ab\""}}},
             error);
}

TEST_CASE("times are those of a message's first and last bytes") {
  struct Times : HttpTeller {
    void on_http(Side from, const HttpEvent& event) override {
      HttpTeller::on_http(from, event);
      if (const auto* told = std::get_if<Ref<HttpResponse>>(&event)) {
        waited = told->get().begun - told->get().request_begun;
        lasted = told->get().ended - told->get().request_begun;
      }
    }
    Instant waited{};
    Instant lasted{};
  } sink;
  HttpObserver observer(sink, {});
  using namespace std::chrono_literals;
  observer.feed(Side::client, test::text("GET / HTTP/1.1\r\n"), 100us);
  observer.feed(Side::client, test::text("Host: h\r\n\r\n"), 110us);
  observer.feed(Side::server, test::text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"), 150us);
  observer.feed(Side::server, test::text("b"), 180us);
  CHECK(sink.waited == 50us);
  CHECK(sink.lasted == 80us);
}

TEST_CASE("the first head of each direction is told as soon as it is whole") {
  const std::vector turns{client_says("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
                          server_says("HTTP/1.1 400 Bad\r\nServer: nginx\r\n\r\nunfinished")};
  CHECK(watch(turns, 1).first_heads == Lines{"client: GET /a h", "server: 400 nginx"});
}

TEST_CASE("after a gap nothing is guessed") {
  HttpTeller teller;
  HttpObserver observer(teller, {});
  observer.feed(Side::client,
                test::text("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 90\r\n\r\n"), {});
  observer.gap(Side::client);
  observer.feed(Side::client, test::text("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"), {});
  observer.feed(Side::server, test::text("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), {});
  observer.end(Side::server);
  CHECK(teller.lines == Lines{"client: request 1 POST /a 1.1 | Host: h | Content-Length: 90 ...",
                              "server: response 1 204 to POST /a"});
}

}  // namespace
}  // namespace legible::parser
