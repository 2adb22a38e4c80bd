#include "proxy/har/entry.hpp"

#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>

#include "parser/http_observer.hpp"
#include "proxy/har/sink.hpp"
#include "support/bytes.hpp"
#include "support/coded_content.hpp"
#include "support/event_schema.hpp"
#include "support/http2_builder.hpp"

namespace legible::proxy::har {
namespace {

using namespace test;
using namespace std::chrono_literals;
using parser::Side;

/// Every exchange of one connection, as the entries of an archive.
class Entries : public parser::HttpSink, public ExchangeTaker {
 public:
  explicit Entries(bool tls = false) : tls_(tls) { limits_.http_body_bytes = 1 << 20; }

  bool reserve(std::size_t bytes) override { return bytes <= room; }
  void take(Exchange&& exchange) override { add(exchange); }
  void lose(const Exchange&) override { ++lost; }
  void on_first_head(Side, parser::PlainHttp&&) override {}
  void on_http(Side from, const parser::HttpEvent& event) override {
    sink_.on_http(7, {}, from, event);
  }

  Entries& play(const Bytes& client, const Bytes& server) {
    const Timeline timeline(tls_ ? Scope::server_leg : Scope::relayed);
    sink_.on_entry(7, timeline, {{}, Leg::server, Target{"server.test", 8443, "relay", {}}});
    sink_.on_entry(7, timeline, {{}, Leg::server, Connected{"[2001:db8::1]:8443", {}}});
    if (tls_) {
      parser::ServerHello hello;
      hello.version = parser::ProtocolVersion{0x0304};
      hello.cipher = parser::CipherSuite{0x1301};
      sink_.on_entry(7, timeline,
                     {{},
                      Leg::server,
                      parser::Observation(std::make_shared<const parser::ServerHello>(hello))});
    }
    parser::HttpObserver observer(*this, limits_);
    observer.feed(Side::client, client, 1000us);
    observer.feed(Side::server, server, 3500us);
    sink_.flush();
    for (const Side side : {Side::client, Side::server}) observer.stop(side);
    const Verdict verdict;
    sink_.on_verdict(7, {}, {timeline}, verdict);
    document_.Parse<rapidjson::kParseValidateEncodingFlag>(
        (R"({"log":{"version":"1.2","creator":{"name":"n","version":"v"},"entries":[)" + written_ +
         "]}}")
            .c_str());
    REQUIRE_FALSE(document_.HasParseError());
    static const rapidjson::Document schema_text = [] {
      rapidjson::Document document;
      document.Parse(file(LEGIBLE_SOURCE_DIR "/tests/data/har-1.2.schema.json").c_str());
      return document;
    }();
    static const rapidjson::SchemaDocument schema(schema_text);
    rapidjson::SchemaValidator validator(schema);
    CAPTURE(written_);
    CHECK(document_.Accept(validator));
    CHECK(written_.find('\n') == std::string::npos);
    return *this;
  }

  rapidjson::SizeType size() const { return all().Size(); }
  const rapidjson::Value& operator[](rapidjson::SizeType i) const { return all()[i]; }

  std::size_t room = 1 << 20;
  int lost = 0;

 private:
  void add(const Exchange& exchange) {
    if (!written_.empty()) written_ += ',';
    append_entry(written_, exchange);
  }
  const rapidjson::Value& all() const { return document_["log"]["entries"]; }

  bool tls_;
  parser::Limits limits_;
  Sink sink_{*this};
  std::string written_;
  rapidjson::Document document_;
};

std::string string_at(const rapidjson::Value& value) { return value.GetString(); }

Bytes answer(const std::string& fields, const Bytes& content) {
  return concat({text("HTTP/1.1 200 OK\r\n" + fields +
                      "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n"),
                 content});
}

const Bytes get =
    text("GET /a?q=1&r=a%20b+c%zz#f HTTP/1.1\r\nHost: h.test\r\nCookie: a=1; b\r\n\r\n");

TEST_CASE("an exchange is an entry, with its secrets") {
  Entries entries(true);
  entries.play(get,
               answer("Set-Cookie: s=1; Path=/p; HttpOnly; Secure\r\nContent-Type: text/plain\r\n"
                      "Location: /b\r\n",
                      text("hello")));
  REQUIRE(entries.size() == 1);
  const auto& entry = entries[0];
  CHECK(string_at(entry["startedDateTime"]) == "1970-01-01T00:00:00.001000Z");
  CHECK(entry["time"].GetDouble() == 2.5);
  CHECK(string_at(entry["serverIPAddress"]) == "2001:db8::1");
  CHECK(string_at(entry["connection"]) == "7");
  CHECK(string_at(entry["_tls"]["server"]["version"]) == "TLS 1.3");
  CHECK(string_at(entry["_tls"]["server"]["cipher"]) == "TLS_AES_128_GCM_SHA256");
  const auto& request = entry["request"];
  CHECK(string_at(request["url"]) == "https://h.test/a?q=1&r=a%20b+c%zz#f");
  CHECK(string_at(request["queryString"][1]["value"]) == "a b c%zz");
  CHECK(string_at(request["cookies"][0]["value"]) == "1");
  CHECK(string_at(request["headers"][1]["value"]) == "a=1; b");
  CHECK_FALSE(request.HasMember("postData"));
  const auto& response = entry["response"];
  CHECK(response["status"].GetInt() == 200);
  CHECK(string_at(response["cookies"][0]["path"]) == "/p");
  CHECK(response["cookies"][0]["httpOnly"].GetBool());
  CHECK(string_at(response["content"]["text"]) == "hello");
  CHECK(string_at(response["redirectURL"]) == "/b");
  CHECK_FALSE(response.HasMember("_error"));
}

TEST_CASE("content is shown decoded, as text or in base64") {
  const Bytes page(1000, 'x');
  const Bytes coded = gzipped(page);
  Entries entries;
  entries.play(concat({get, get, get, get}),
               concat({answer("Content-Encoding: gzip\r\n", coded), answer("", hex("ff00")),
                       answer("Content-Encoding: gzip\r\n", text("no gzip")),
                       answer("Content-Encoding: dcb\r\n", text("?"))}));
  REQUIRE(entries.size() == 4);
  const auto content = [&](int i) -> const rapidjson::Value& {
    return entries[static_cast<rapidjson::SizeType>(i)]["response"]["content"];
  };
  CHECK(string_at(content(0)["text"]) == std::string(1000, 'x'));
  CHECK(content(0)["size"].GetInt() == 1000);
  CHECK(content(0)["compression"].GetInt() == 1000 - static_cast<int>(coded.size()));
  CHECK(string_at(content(0)["mimeType"]) == "x-unknown");
  CHECK(string_at(content(1)["text"]) == "/wA=");
  CHECK(string_at(content(1)["encoding"]) == "base64");
  CHECK(string_at(content(2)["text"]) == "no gzip");
  CHECK(string_at(content(2)["comment"]) == "not coded as Content-Encoding says");
  CHECK(string_at(content(3)["text"]) == "?");
  CHECK(string_at(entries[0]["request"]["url"]) == "http://h.test/a?q=1&r=a%20b+c%zz#f");
}

TEST_CASE("a form is told as text and as parameters") {
  Entries entries;
  entries.play(
      text("POST http://h.test/f HTTP/1.1\r\nHost: h.test\r\nContent-Length: 9\r\n"
           "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\na=%31&b=c"),
      answer("", {}));
  const auto& data = entries[0]["request"]["postData"];
  CHECK(string_at(data["text"]) == "a=%31&b=c");
  CHECK(string_at(data["params"][0]["value"]) == "1");
  CHECK(string_at(entries[0]["request"]["url"]) == "http://h.test/f");
}

TEST_CASE("an exchange that did not finish says why") {
  Entries cut;
  cut.play(concat({get, get}), text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
  REQUIRE(cut.size() == 2);
  CHECK(string_at(cut[0]["response"]["_error"]) == "the response ends too early");
  CHECK(string_at(cut[1]["response"]["_error"]) == "no answer");
  CHECK(cut[1]["response"]["status"].GetInt() == 0);

  Entries reset(true);
  reset.play(concat({text(h2_preface),
                     h2_headers(1, h2_end_stream,
                                h2_fields({{":method", "GET"},
                                           {":scheme", "https"},
                                           {":authority", "h2.test"},
                                           {":path", "/x"}})),
                     h2_frame(3, 0, 1, number32(8))}),
             {});
  REQUIRE(reset.size() == 1);
  CHECK(string_at(reset[0]["request"]["url"]) == "https://h2.test/x");
  CHECK(string_at(reset[0]["request"]["httpVersion"]) == "HTTP/2");
  CHECK(string_at(reset[0]["response"]["_error"]) == "RST_STREAM from the client: CANCEL");
}

TEST_CASE("interim responses are no answers, and an upgrade is one") {
  Entries entries;
  entries.play(concat({get, text("GET /w HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n"
                                 "Upgrade: websocket\r\n\r\n")}),
               concat({text("HTTP/1.1 103 Early\r\n\r\n"), answer("", {}),
                       text("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
                       hex("8100")}));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0]["response"]["status"].GetInt() == 200);
  CHECK(entries[1]["response"]["status"].GetInt() == 101);
}

TEST_CASE("whatever the peers send, the entry is valid") {
  const std::string hostile = "\x1b[31m\"\\\xff\xe2\x80\xae\x7f{}";
  const Bytes fields = h2_fields({{":method", hostile}, {":path", hostile}, {"cookie", hostile}});
  Entries first;
  first.play(
      text("GET /?" + hostile + "=%00%ff HTTP/1.1\r\nCookie: " + hostile + "\r\n\r\nrubbish"),
      text("HTTP/1.1 299 " + hostile + "\r\nSet-Cookie: " + hostile +
           "\r\nContent-Type: " + hostile + "\r\n\r\n" + hostile));
  Entries second;
  second.play(concat({text(h2_preface), h2_headers(1, h2_end_stream, fields)}),
              h2_headers(1, h2_end_stream, h2_fields({{":status", "200"}, {"location", hostile}})));
  CHECK(first.size() + second.size() == 2);
}

TEST_CASE("for want of memory content is left out, and then the exchange") {
  const Bytes post = text("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
  Entries small;
  small.room = 2000;
  small.play(post, answer("", Bytes(3000, 'x')));
  REQUIRE(small.size() == 1);
  const auto& content = small[0]["response"]["content"];
  CHECK(content["size"].GetInt() == 3000);
  CHECK_FALSE(content.HasMember("text"));
  CHECK(string_at(content["comment"]) == "not kept: too much waited to be written");
  Entries none;
  none.room = 10;
  none.play(post, answer("", Bytes(3000, 'x')));
  CHECK(none.size() == 0);
  CHECK(none.lost == 1);
}

}  // namespace
}  // namespace legible::proxy::har
