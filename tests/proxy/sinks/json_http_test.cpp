#include "proxy/sinks/json_http.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "parser/http_observer.hpp"
#include "support/bytes.hpp"
#include "support/event_schema.hpp"
#include "support/http2_builder.hpp"

namespace legible::proxy {
namespace {

using namespace test;
using namespace std::string_literals;

/// Writes what an observer tells.
struct Lines : parser::HttpSink {
  void on_first_head(parser::Side, parser::PlainHttp&&) override {}
  void on_http(parser::Side from, const parser::HttpEvent& event) override {
    std::string line;
    append_http(line, 7, {}, from, event);
    all.push_back(std::move(line));
  }
  std::vector<std::string> all;
};

std::vector<std::string> told(const Bytes& client, const Bytes& server) {
  using namespace std::chrono_literals;
  Lines lines;
  parser::HttpObserver observer(lines, {});
  observer.feed(parser::Side::client, client, 1000us);
  observer.feed(parser::Side::server, server, 3500us);
  observer.end(parser::Side::client);
  observer.end(parser::Side::server);
  return std::move(lines.all);
}

const std::string begin = R"({"v":1,"time":"1970-01-01T00:00:00.000000Z","event":)";

TEST_CASE("an exchange is two lines, without its secrets") {
  const auto lines =
      told(text("GET http://me:pass@h/a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic c2VjcmV0\r\n"
                "Cookie: id=secret\r\n\r\n"),
           text("HTTP/1.1 200 OK\r\nSet-Cookie: id=secret\r\nContent-Length: 2\r\n\r\nok"));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] ==
        begin +
            R"("request","conn":7,"leg":"client","id":1,"method":"GET","target":"http://***@h/a",)"
            R"("version":"1.1","ms":0.0,"headers":[["Host","h"],["Authorization","***"],)"
            R"(["Cookie","***"]],"body_bytes":0,"complete":true,"flags":[]})"
            "\n");
  CHECK(lines[1] ==
        begin +
            R"("response","conn":7,"leg":"server","id":1,"method":"GET","target":"http://***@h/a",)"
            R"("version":"1.1","status":200,"reason":"OK","ms":2.5,"total_ms":2.5,)"
            R"("headers":[["Set-Cookie","***"],["Content-Length","2"]],"body_bytes":2,)"
            R"("complete":true,"flags":[]})"
            "\n");
}

TEST_CASE("a space before the colon lets no secret out") {
  const auto lines = told(text("GET / HTTP/1.1\r\nHost: h\r\nAuthorization : secret\r\n\r\n"), {});
  CHECK_FALSE(lines.empty());
  for (const std::string& line : lines) CHECK(line.find("secret") == std::string::npos);
}

TEST_CASE("every line of HTTP is valid, whatever the peers sent") {
  const std::string hostile = "\x1b[31m\"\\\xff\xe2\x80\xae\x7f{}";
  const Bytes get = h2_fields({{":method", "GET"}, {":path", "/"}, {"x", hostile}, {hostile, "x"}});
  const std::vector<std::string> all[] = {
      told(text("GET /" + hostile + " HTTP/1.1\r\nX: " + hostile + "\r\n\r\nrubbish"),
           text("HTTP/1.1 299 " + hostile + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " +
                hostile + "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")),
      told(text("GET / HTTP/1.1\nHost: h\nContent-Length : 1, 2\n\n"),
           text("HTTP/1.1 400\r\n\r\n")),
      told(text("GET / HTTP/1.1\r\nA: " + std::string(300000, 'a') + "\r\n\r\n"), {}),
      told(concat({text("GET /w HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")}),
           concat({text("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
                   hex("8803 03e8ff 8b00 8101 61")})),
      told(concat({text(h2_preface), h2_headers(1, 0, get), h2_headers(3, h2_end_stream, get),
                   h2_frame(3, 0, 1, number32(8)), h2_frame(9, 0, 1)}),
           concat({h2_frame(5, h2_end_headers, 3, concat({number32(2), get})),
                   h2_headers(3, 0, h2_fields({{":status", "200"}})),
                   h2_headers(3, h2_end_stream, h2_fields({{"grpc-status", "5"}})),
                   h2_frame(7, 0, 0, concat({number32(1), number32(99), text(hostile)}))})),
  };
  std::size_t lines = 0;
  for (const auto& each : all) {
    for (const std::string& line : each) {
      CHECK(event_schema().problem(line) == "");
      ++lines;
    }
  }
  CHECK(lines == 18);
}

TEST_CASE("a gRPC status is told as a number") {
  const auto lines = told(
      concat({text(h2_preface),
              h2_headers(1, h2_end_stream, h2_fields({{":method", "POST"}, {":path", "/s/m"}}))}),
      concat({h2_headers(1, 0, h2_fields({{":status", "200"}})),
              h2_headers(1, h2_end_stream, h2_fields({{"grpc-status", "14"}}))}));
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].find(R"("grpc_status":14,)") != std::string::npos);
  CHECK(lines[1].find(R"("trailers":[["grpc-status","14"]])") != std::string::npos);
}

}  // namespace
}  // namespace legible::proxy
