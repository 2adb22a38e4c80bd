#include "parser/http1_observer.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "support/bytes.hpp"

namespace legible::parser {
namespace {

using test::Bytes;
using test::text;
using Kind = Http1Observer::Kind;
using Status = Http1Observer::Status;

/// Tells each event in a line.
class Teller : public Http1Events {
 public:
  void on_start_line(const HttpStartLine& line) override {
    status = line.status;
    const std::string version = std::to_string(line.major) + "." + std::to_string(line.minor);
    told.push_back(line.status == 0
                       ? line.method + " " + line.target + " " + version
                       : version + " " + std::to_string(line.status) + " " + line.reason);
  }
  void on_header(std::string_view name, std::string_view value) override {
    told.push_back(std::string(name) + ": " + std::string(value));
  }
  AfterHead on_head_end() override {
    told.emplace_back(".");
    return to_connect && status >= 200 && status < 300 ? AfterHead::tunnel : AfterHead::as_framed;
  }

  std::vector<std::string> told;
  bool to_connect = false;
  int status = 0;
};

struct Outcome {
  std::vector<std::string> told;
  Status status = Status::reading;
  std::size_t consumed = 0;
  bool inside_head = false;
  bool operator==(const Outcome&) const = default;
};

constexpr std::uint32_t head_limit = 1000;

Outcome watch(Kind kind, const Bytes& bytes, std::size_t piece, bool to_connect = false) {
  Teller teller;
  teller.to_connect = to_connect;
  Http1Observer observer(kind, teller, head_limit);
  Outcome outcome;
  while (outcome.consumed < bytes.size() && outcome.status == Status::reading) {
    const std::size_t size = std::min(piece, bytes.size() - outcome.consumed);
    const auto progress = observer.feed(std::span(bytes).subspan(outcome.consumed, size));
    outcome.consumed += progress.consumed;
    outcome.status = progress.status;
  }
  outcome.told = teller.told;
  outcome.inside_head = observer.inside_head();
  return outcome;
}

struct Case {
  std::string name;
  Kind kind;
  std::string stream;
  std::vector<std::string> told;
  Status status = Status::reading;
  std::string rest{};       ///< what is no longer HTTP
  bool to_connect = false;  ///< the requests were CONNECT
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"a request",
       Kind::requests,
       "GET /a HTTP/1.1\r\nHost: h\r\nX:\r\nY: 1\r\n\r\n",
       {"GET /a 1.1", "Host: h", "X: ", "Y: 1", "."}},
      {"a request of HTTP/0.9", Kind::requests, "GET /\r\n\r\n", {"GET / 0.9", "."}},
      {"bare line feeds",
       Kind::requests,
       "GET / HTTP/1.0\nHost: h\n\n",
       {"GET / 1.0", "Host: h", "."}},
      {"a response with no reason", Kind::responses, "HTTP/1.1 204\r\n\r\n", {"1.1 204 ", "."}},
      {"a version nobody has", Kind::responses, "HTTP/1.7 200 OK\r\n\r\n", {"1.7 200 OK", "."}},
      {"two responses, the first with a body",
       Kind::responses,
       "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n\r\n",
       {"1.1 404 Not Found", "Content-Length: 3", ".", "1.1 200 OK", "."}},
      {"chunks and trailers",
       Kind::responses,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n"
       "HTTP/1.1 204 No\r\n\r\n",
       {"1.1 200 OK", "Transfer-Encoding: chunked", ".", "1.1 204 No", "."}},
      {"CONNECT",
       Kind::requests,
       "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n\x16\x03\x01",
       {"CONNECT h:443 1.1", "Host: h", "."},
       Status::tunnel,
       "\x16\x03\x01"},
      {"a 2xx to CONNECT",
       Kind::responses,
       "HTTP/1.0 200 ok\r\nVia: p\r\n\r\n\x16\x03",
       {"1.0 200 ok", "Via: p", "."},
       Status::tunnel,
       "\x16\x03",
       true},
      {"a refusal of CONNECT, then a 2xx",
       Kind::responses,
       "HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 ok\r\n\r\n\x16",
       {"1.1 407 Auth", "Content-Length: 2", ".", "1.1 200 ok", "."},
       Status::tunnel,
       "\x16",
       true},
      {"a wish to upgrade, and a further request",
       Kind::requests,
       "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
       {"GET / 1.1", "Connection: upgrade", "Upgrade: h2c", ".", "GET /2 1.1", "."}},
      {"a 101",
       Kind::responses,
       "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nzzz",
       {"1.1 101 Go", "Connection: upgrade", "Upgrade: x", "."},
       Status::tunnel,
       "zzz"},
      {"bytes after a close",
       Kind::responses,
       "HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 0\r\n\r\nmore of it",
       {"1.1 400 Bad", "Connection: close", "Content-Length: 0", "."}},
  };
  return all;
}

TEST_CASE("heads are reported and messages are framed, however the bytes arrive") {
  for (const Case& c : cases()) {
    INFO(c.name);
    const Outcome expected{c.told, c.status, c.stream.size() - c.rest.size(), false};
    for (std::size_t piece = 1; piece <= c.stream.size(); ++piece) {
      INFO("in pieces of " << piece);
      CHECK(watch(c.kind, text(c.stream), piece, c.to_connect) == expected);
    }
  }
}

TEST_CASE("HTTP/2's preface ends HTTP/1") {
  const Outcome outcome = watch(Kind::requests, text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 100);
  CHECK(outcome.status == Status::tunnel);
  CHECK(outcome.told == std::vector<std::string>{"PRI * 2.0", "."});
}

TEST_CASE("what is no HTTP is said to be broken") {
  for (const char* stream : {"NOSUCHMETHOD / HTTP/1.1\r\n\r\n", "GET / SIP/1\r\n\r\n"}) {
    INFO(stream);
    CHECK(watch(Kind::requests, text(stream), 1).status == Status::broken);
    CHECK(watch(Kind::requests, text(stream), 1000).status == Status::broken);
  }
}

TEST_CASE("a head has a limit, whatever it is long of") {
  const std::string long_field(head_limit, 'a');
  for (const std::string& stream : {"GET /" + long_field + " HTTP/1.1\r\n\r\n",
                                    "GET / HTTP/1.1\r\n" + long_field + ": 1\r\n\r\n",
                                    "GET / HTTP/1.1\r\nA: " + long_field + "\r\n\r\n"}) {
    const Outcome whole = watch(Kind::requests, text(stream), stream.size());
    CHECK(whole.status == Status::head_limit);
    CHECK(watch(Kind::requests, text(stream), 1).told == whole.told);
    CHECK(watch(Kind::requests, text(stream), 1).status == Status::head_limit);
  }
}

TEST_CASE("a field longer than what is kept is cut, and the head goes on") {
  Teller teller;
  Http1Observer observer(Kind::requests, teller, 1 << 20);
  const std::string value(3 * Http1Observer::kept_bytes, 'v');
  observer.feed(text("GET / HTTP/1.1\r\nA: " + value + "\r\nHost: h\r\n\r\n"));
  REQUIRE(teller.told.size() == 4);
  CHECK(teller.told[1] == "A: " + value.substr(0, Http1Observer::kept_bytes));
  CHECK(teller.told[2] == "Host: h");
}

TEST_CASE("an unfinished head is known to be unfinished") {
  CHECK(watch(Kind::requests, text("GET / HTTP/1.1\r\nHost"), 100).inside_head);
  CHECK_FALSE(watch(Kind::requests, text("GET / HTTP/1.1\r\n\r\n"), 100).inside_head);
  CHECK_FALSE(watch(Kind::requests, {}, 100).inside_head);
}

}  // namespace
}  // namespace legible::parser
