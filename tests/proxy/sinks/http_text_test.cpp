#include "proxy/sinks/http_text.hpp"

#include <catch2/catch_test_macros.hpp>

namespace legible::proxy {
namespace {

using parser::HttpRequest;
using parser::HttpResponse;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

HttpRequest request(std::uint64_t id, std::string target = "/a") {
  HttpRequest made;
  made.id = id;
  made.method = "GET";
  made.target = std::move(target);
  made.complete = true;
  return made;
}

HttpResponse response(std::uint64_t id, int status) {
  HttpResponse made;
  made.id = id;
  made.method = "GET";
  made.target = "/a";
  made.status = status;
  made.body_bytes = 1234;
  made.ended = 34ms;
  made.complete = true;
  return made;
}

HttpDigest digest(const auto&... events) {
  HttpDigest made;
  (made.add(parser::Side::server, std::cref(events)), ...);
  return made;
}

TEST_CASE("an exchange is a line") {
  CHECK(http_lines(digest(request(1), response(1, 200))) == Lines{"GET /a → 200  1.2 kB  34 ms"});
}

TEST_CASE("an answer that ends before its length is known, unless its stream was reset") {
  HttpResponse part = response(1, 200);
  part.complete = false;
  CHECK_FALSE(digest(request(1), part).cut());
  part.headers.add("content-length", "5000");
  const auto cut = digest(request(1), part).cut();
  REQUIRE(cut);
  CHECK(cut->announced == 5000);
  CHECK(cut->bytes == part.body_bytes);
  // A browser that wants a picture no more goes on with the others.
  part.stream = 1;
  const parser::Http2StreamReset cancelled{1, 1, parser::Http2Error{8}};
  CHECK_FALSE(digest(request(1), cancelled, part, request(3), response(3, 200)).cut());
  CHECK_FALSE(digest(request(1), parser::LimitReached{"HTTP message", 100}, part).cut());
}

TEST_CASE("a last request of which nothing came is known") {
  CHECK(digest(request(1), response(1, 200), request(2)).last_unanswered());
  CHECK(digest(request(1), response(1, 200), request(2), response(2, 100)).last_unanswered());
  CHECK(digest(request(1), request(2), response(1, 200)).last_unanswered());
  CHECK_FALSE(digest(request(1), response(1, 200)).last_unanswered());
  // An answer may come before its request is whole: 413.
  CHECK_FALSE(digest(request(1), response(1, 200), response(2, 413), request(2)).last_unanswered());
  CHECK_FALSE(digest(request(1), response(1, 200), request(2), response(2, 503)).last_unanswered());
  CHECK_FALSE(digest(request(1), parser::Malformed{"HTTP message", "x"}).last_unanswered());
  HttpRequest stream = request(3);
  stream.stream = 3;
  CHECK_FALSE(digest(stream).last_unanswered());
}

TEST_CASE("who gave up what in HTTP/2 is known") {
  using parser::Side;
  const parser::Http2Error calm{11};
  const parser::Http2StreamReset reset{1, 1, calm};
  HttpRequest stream = request(1);
  stream.stream = 1;
  REQUIRE(digest(stream, reset).refused());
  CHECK(digest(stream, reset).refused()->reset == calm);
  CHECK(digest(reset, stream).refused());
  CHECK(digest(reset, stream).unanswered() == nullptr);
  CHECK(digest(stream, parser::Http2StreamReset{1, 1, parser::Http2Error{0}}).refused() == nullptr);
  CHECK(digest(stream, reset, request(3), response(3, 200)).refused() == nullptr);

  HttpDigest given_up = digest(stream);
  given_up.add(Side::client, std::cref(reset));
  CHECK(given_up.refused() == nullptr);
  CHECK(given_up.unanswered());
  const parser::Http2GoAway orderly{1, parser::Http2Error{0}, ""};
  given_up.add(Side::server, std::cref(orderly));
  CHECK(given_up.unanswered());
  CHECK_FALSE(given_up.failure());

  const parser::Http2GoAway failure{1, calm, "because"};
  CHECK(digest(stream, failure).failed_by() == Side::server);
  given_up.add(Side::client, std::cref(failure));
  REQUIRE(given_up.failure());
  CHECK(given_up.failed_by() == Side::client);
  const parser::Http2GoAway echo{1, parser::Http2Error{2}, ""};
  given_up.add(Side::server, std::cref(echo));
  CHECK(given_up.failed_by() == Side::client);
}

TEST_CASE("an answer in HTTP/1 to HTTP/2's preface is known, and answers no request") {
  HttpRequest stream = request(1);
  stream.stream = 1;
  HttpResponse answer = response(1, 400);
  answer.method = "PRI";
  const HttpDigest made = digest(stream, answer);
  CHECK(made.answered_in_http1());
  CHECK(made.exchanges().front().status == 0);
}

TEST_CASE("an answer of a type that has no end is known") {
  for (const auto* type : {"text/event-stream; charset=utf-8", "application/json"}) {
    HttpResponse part = response(1, 200);
    part.complete = false;
    part.headers.add("Transfer-Encoding", "chunked");
    part.headers.add("Content-Type", type);
    const auto cut = digest(request(1), part).cut();
    REQUIRE(cut);
    CHECK(cut->endless == std::string_view(type).starts_with("text/event-stream"));
  }
}

TEST_CASE("a first request of which nothing came is known") {
  const parser::Http2StreamReset refused{1, 1, parser::Http2Error{7}};
  const parser::Http2GoAway goaway{0, parser::Http2Error{0}, ""};
  HttpRequest stream = request(1);
  stream.stream = 1;
  CHECK(digest(request(1)).unanswered());
  CHECK_FALSE(digest(request(1)).unanswered()->http2);
  CHECK(digest(request(1), response(1, 100)).unanswered());
  CHECK(digest(stream).unanswered()->http2);
  // A long poll beside others that were answered.
  CHECK(digest(stream, request(3), response(3, 200)).unanswered() == nullptr);
  // Nobody knows what the server said.
  CHECK(digest(stream, parser::Malformed{"frame", "length"}).unanswered() == nullptr);
  CHECK(digest().unanswered() == nullptr);
  CHECK(digest(request(1), response(1, 502)).unanswered() == nullptr);
  CHECK(digest(request(1), response(1, 200), request(2)).unanswered() == nullptr);
  CHECK(digest(stream, refused).unanswered() == nullptr);
  CHECK(digest(stream, goaway).unanswered() == nullptr);
  CHECK(digest(stream, goaway).failure());  // its last stream lies below the request's
  HttpDigest left_by_client = digest(stream);
  left_by_client.add(parser::Side::client, std::cref(goaway));
  CHECK(left_by_client.unanswered());
  HttpResponse stray = response(0, 408);
  stray.method.clear();
  CHECK(digest(stray).unanswered() == nullptr);
}

TEST_CASE("what became of an exchange is told") {
  CHECK(http_lines(digest(request(1))) == Lines{"GET /a → no answer"});
  CHECK(http_lines(digest(response(1, 100), response(1, 200), request(1))) ==
        Lines{"GET /a → 200  1.2 kB  34 ms"});
  HttpResponse cut = response(1, 200);
  cut.complete = false;
  CHECK(http_lines(digest(request(1), cut)) == Lines{"GET /a → 200  1.2 kB  34 ms  cut short"});
  HttpResponse stray = response(0, 408);
  stray.method.clear();
  CHECK(http_lines(digest(stray)) == Lines{"(no request) → 408  1.2 kB"});
  const parser::Http2StreamReset refused{1, 1, parser::Http2Error{7}};
  CHECK(http_lines(digest(request(1), refused)) ==
        Lines{"GET /a → no answer  RST_STREAM REFUSED_STREAM"});
  const parser::Http2StreamReset done{1, 1, parser::Http2Error{0}};
  CHECK(http_lines(digest(request(1), response(1, 200), done)) ==
        Lines{"GET /a → 200  1.2 kB  34 ms"});
  const parser::Http2GoAway goaway{1, parser::Http2Error{11}, "calm\n"};
  CHECK(http_lines(digest(request(1), goaway)) ==
        Lines{"GET /a → no answer", "GOAWAY ENHANCE_YOUR_CALM  calm\\x0a"});
  parser::WebSocketMessage message;
  message.id = 1;
  CHECK(http_lines(digest(request(1), response(1, 101), message, message)) ==
        Lines{"GET /a → 101  1.2 kB  34 ms  then 2 WebSocket messages"});
}

TEST_CASE("the first exchanges are told, the others are counted") {
  HttpDigest many;
  for (std::uint64_t id = 1; id <= HttpDigest::kept + 120; ++id) {
    const HttpRequest asked = request(id);
    const HttpResponse answer = response(id, 200);
    many.add(parser::Side::client, std::cref(asked));
    many.add(parser::Side::server, std::cref(answer));
  }
  const Lines lines = http_lines(many);
  CHECK(lines.size() == HttpDigest::kept + 1);
  CHECK(lines.back() == "and 120 more");
}

TEST_CASE("no name forges a line, or fills the screen") {
  const HttpRequest hostile = request(1, "/\x1b[31m\n" + std::string(500, 'x'));
  const Lines lines = http_lines(digest(hostile));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("GET /\\x1b[31m\\x0axxx"));
  CHECK(lines[0].size() < 100);
}

}  // namespace
}  // namespace legible::proxy
