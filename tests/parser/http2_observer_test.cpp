#include "parser/http2_observer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "support/http2_builder.hpp"
#include "support/http_cases.hpp"

namespace legible::parser {
namespace {

using namespace test;
using Lines = std::vector<std::string>;

/// The client's preface and SETTINGS, then these bytes.
HttpTurn client_begins(std::initializer_list<Bytes> frames) {
  return client_says(concat({text(h2_preface), h2_settings(), concat(frames)}));
}

Bytes get(std::string_view path) {
  return h2_fields(
      {{":method", "GET"}, {":scheme", "https"}, {":authority", "h"}, {":path", path}});
}
Bytes post(std::string_view length) {
  return h2_fields({{":method", "POST"},
                    {":scheme", "https"},
                    {":authority", "h"},
                    {":path", "/p"},
                    {"content-length", length}});
}
Bytes status(std::string_view code) { return h2_fields({{":status", code}}); }

const std::string get_a = "client: request 1 GET /a 2.0 https://h";
const std::string post_p = "client: request 1 POST /p 2.0 https://h | content-length: ";

TEST_CASE("exchanges of HTTP/2 are told by stream") {
  check_http({
      {"one exchange",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(concat(
            {h2_settings(), h2_headers(1, 0, status("200")), h2_data(1, h2_end_stream, "body")}))},
       {get_a, "server: response 1 200 to GET /a | body 4"}},
      {"a server that speaks first",
       {server_says(h2_settings()), client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(h2_headers(1, h2_end_stream, status("204")))},
       {get_a, "server: response 1 204 to GET /a"}},
      {"streams that interleave",
       {client_begins({h2_headers(1, 0, post("2")), h2_headers(3, h2_end_stream, get("/b")),
                       h2_data(1, h2_end_stream, "ab")}),
        server_says(
            concat({h2_headers(3, 0, status("200")), h2_headers(1, h2_end_stream, status("201")),
                    h2_data(3, h2_end_stream, "x")}))},
       {"client: request 3 GET /b 2.0 https://h", post_p + "2 | body 2",
        "server: response 1 201 to POST /p", "server: response 3 200 to GET /b | body 1"}},
      {"padding, priority and continuations",
       {client_begins(
            {h2_frame(1, h2_end_stream | h2_padded | h2_priority, 1,
                      concat({{3}, {0, 0, 0, 0, 16}, h2_fields({{":method", "GET"}}), {0, 0, 0}})),
             h2_frame(9, 0, 1, h2_fields({{":path", "/a"}, {":scheme", "https"}})),
             h2_frame(9, h2_end_headers, 1, h2_fields({{":authority", "h"}}))}),
        server_says(concat({h2_headers(1, 0, status("200")),
                            h2_frame(0, h2_end_stream | h2_padded, 1, {2, 'h', 'i', 0, 0})}))},
       {get_a, "server: response 1 200 to GET /a | body 2"}},
      {"trailers, as gRPC has them",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(concat({h2_headers(1, 0, status("200")), h2_data(1, 0, "m"),
                            h2_headers(1, h2_end_stream, h2_fields({{"grpc-status", "5"}}))}))},
       {get_a, "server: response 1 200 to GET /a | body 1 | trailers | grpc-status: 5"}},
      {"interim responses",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(concat(
            {h2_headers(1, 0, status("103")), h2_headers(1, h2_end_stream, status("200"))}))},
       {get_a, "server: response 1 103 to GET /a", "server: response 1 200 to GET /a"}},
      {"a reset by the server, and words after it",
       {client_begins({h2_headers(1, 0, post("9"))}), server_says(h2_frame(3, 0, 1, number32(7))),
        client_says(h2_data(1, 0, "ab"))},
       {"server: reset 1 error 7", post_p + "9 ..."}},
      {"a reset in the middle of a response",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(concat({h2_headers(1, 0, status("200")), h2_data(1, 0, "half")})),
        client_says(h2_frame(3, 0, 1, number32(8)))},
       {get_a, "client: reset 1 error 8", "server: response 1 200 to GET /a | body 4 ..."}},
      {"GOAWAY",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(h2_frame(7, 0, 0, concat({number32(1), number32(11), text("calm")})))},
       {get_a, "server: goaway 1 error 11 calm"}},
      {"a pushed response",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(
            concat({h2_frame(5, h2_end_headers, 1, concat({number32(2), get("/b")})),
                    h2_headers(1, h2_end_stream, status("200")), h2_headers(2, 0, status("200")),
                    h2_data(2, h2_end_stream, "pushed")}))},
       {get_a, "server: request 2 GET /b 2.0 https://h pushed", "server: response 1 200 to GET /a",
        "server: response 2 200 to GET /b | body 6"}},
      {"CONNECT",
       {client_begins({h2_headers(1, 0, h2_fields({{":method", "CONNECT"}, {":authority", "h:1"}})),
                       h2_data(1, h2_end_stream, "up")}),
        server_says(concat({h2_headers(1, 0, status("200")), h2_data(1, h2_end_stream, "down")}))},
       {"client: request 1 CONNECT h:1 2.0 | body 2",
        "server: response 1 200 to CONNECT h:1 | body 4"}},
      {"a connection that ends in the middle",
       {client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
        server_says(concat({h2_headers(1, 0, status("200")), h2_data(1, 0, "half")}))},
       {get_a, "server: response 1 200 to GET /a | body 4 ..."}},
      {"frames of other types",
       {client_begins({h2_frame(6, 0, 0, Bytes(8, 1)), h2_frame(8, 0, 0, Bytes(4, 1)),
                       h2_frame(2, 0, 1, Bytes(5, 1)), h2_frame(0xbe, 0xff, 9, Bytes(5, 1)),
                       h2_headers(1, h2_end_stream, get("/a"))})},
       {get_a}},
      {"a server that answers in HTTP/1",
       {client_begins({}), server_says("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")},
       {"server: response 1 400 to PRI * | Content-Length: 0"}},
      {"HTTP/2 by an upgrade",
       {client_says("GET /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
        server_says("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
        server_says(concat({h2_settings(), h2_headers(1, h2_end_stream, status("200"))})),
        client_begins({h2_headers(3, h2_end_stream, get("/a"))}),
        server_says(h2_headers(3, h2_end_stream, status("204")))},
       {"client: request 1 GET /u 1.1 | Host: h | Connection: Upgrade | Upgrade: h2c | to h2c",
        "server: response 1 101 to GET /u | Connection: Upgrade | Upgrade: h2c | to h2c",
        "server: response 1 200 to GET /u", "client: request 3 GET /a 2.0 https://h",
        "server: response 3 204 to GET /a"}},
      {"a WebSocket on a stream: RFC 8441",
       {client_begins({h2_headers(1, 0,
                                  h2_fields({{":method", "CONNECT"},
                                             {":protocol", "websocket"},
                                             {":scheme", "https"},
                                             {":authority", "h"},
                                             {":path", "/w"}}))}),
        server_says(h2_headers(1, 0, status("200"))),
        client_says(h2_frame(0, 0, 1, hex("8185 37fa213d 7f9f4d5158"))),
        server_says(h2_frame(0, h2_end_stream, 1, hex("8802 03e8"))),
        client_says(h2_frame(0, h2_end_stream, 1))},
       {"client: websocket 1 opcode 1 bytes 5 masked",
        "server: websocket 1 opcode 8 bytes 2 code 1000 ",
        "server: response 1 200 to CONNECT /w | body 4",
        "client: request 1 CONNECT /w 2.0 https://h | body 11 | to websocket"}},
  });
}

TEST_CASE("what HTTP/2 must not say is flagged") {
  const auto request =
      [](std::initializer_list<std::pair<std::string_view, std::string_view>> more) {
        return std::vector{
            client_begins({h2_headers(1, h2_end_stream, concat({get("/a"), h2_fields(more)}))})};
      };
  check_http({
      {"a length that is not the content's",
       {client_begins({h2_headers(1, 0, post("3")), h2_data(1, h2_end_stream, "ab")})},
       {post_p + "3 | body 2 ! content-length-mismatch"}},
      {"a transfer coding",
       request({{"transfer-encoding", "chunked"}}),
       {get_a + " | transfer-encoding: chunked ! connection-specific-field"}},
      {"what TE may say", request({{"te", "trailers"}}), {get_a + " | te: trailers"}},
      {"a line break",
       request({{"x", "a\r\nHost: other"}}),
       {get_a + " | x: a\r\nHost: other ! line-break-in-field"}},
      {"uppercase", request({{"Host", "h"}}), {get_a + " | Host: h ! uppercase-field-name"}},
      {"a pseudo-field that comes late, and twice",
       request({{"x", "1"}, {":path", "/b"}}),
       {get_a + " | x: 1 ! odd-pseudo-field"}},
  });
}

TEST_CASE("header blocks that use the dynamic table are decoded: RFC 7541 appendix C.4") {
  check_http(
      {{"three requests",
        {client_begins(
            {h2_headers(1, h2_end_stream, hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")),
             h2_headers(3, h2_end_stream, hex("8286 84be 5886 a8eb 1064 9cbf")),
             h2_headers(5, h2_end_stream,
                        hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))})},
        {"client: request 1 GET / 2.0 http://www.example.com",
         "client: request 3 GET / 2.0 http://www.example.com | cache-control: no-cache",
         "client: request 5 GET /index.html 2.0 https://www.example.com | custom-key: "
         "custom-value"}}});
}

TEST_CASE("a table that the peer's SETTINGS allow is allowed") {
  // SETTINGS_HEADER_TABLE_SIZE 8192; then a block that begins with the new size.
  const Bytes larger = h2_frame(4, 0, 0, hex("0001 00002000"));
  const Bytes acknowledged = h2_frame(4, 1, 0);
  const Bytes block = concat({hex("3fe13f"), get("/a")});
  check_http({{"larger",
               {client_begins({}), server_says(larger),
                client_says(concat({acknowledged, h2_headers(1, h2_end_stream, block)}))},
               {get_a}},
              {"not announced",
               {client_begins({h2_headers(1, h2_end_stream, block)})},
               {"client: Malformed HTTP/2 frame: header block at 33"}}});
}

TEST_CASE("frames that break a rule end the reading of their direction") {
  const auto broken = [](const Bytes& frame) {
    return std::vector{client_begins({h2_headers(1, h2_end_stream, get("/a")), frame,
                                      h2_headers(3, h2_end_stream, get("/b"))}),
                       server_says(h2_headers(1, h2_end_stream, status("200")))};
  };
  const auto expected = [](const std::string& rule) {
    const std::size_t offset =
        h2_preface.size() + h2_settings().size() + h2_headers(1, 0, get("/a")).size();
    return Lines{get_a, "client: Malformed HTTP/2 frame: " + rule + " at " + std::to_string(offset),
                 "server: response 1 200 to GET /a"};
  };
  check_http({
      {"padding", broken(h2_frame(0, h2_padded, 1, {9, 1})), expected("padding")},
      {"RST_STREAM", broken(h2_frame(3, 0, 1, {1})), expected("frame length")},
      {"GOAWAY", broken(h2_frame(7, 0, 0, {1})), expected("frame length")},
      {"a stray continuation", broken(h2_frame(9, 0, 1, {})),
       expected("frame inside a header block")},
      {"an index that is nowhere", broken(h2_headers(5, 0, {0xff, 0xff, 0x7f})),
       expected("header block")},
  });
}

TEST_CASE("limits of HTTP/2 hold and are said") {
  Limits limits;
  limits.http2_streams = 1;
  limits.http_head_bytes = 60;
  limits.http2_kept_bytes = 4;
  check_http(
      {{"streams",
        {client_begins({h2_headers(1, 0, get("/a")), h2_headers(3, h2_end_stream, get("/b"))}),
         server_says(h2_headers(1, h2_end_stream, status("200")))},
        {"client: LimitReached open HTTP/2 streams 1", "server: response 1 200 to GET /a",
         "client: request 1 GET /a 2.0 https://h ..."}},
       {"a long head",
        {client_begins({h2_headers(
            1, h2_end_stream,
            concat({get("/a"), h2_fields({{"x", "1"}, {"long", "12345678901234567890"}})}))})},
        {"client: LimitReached head of an HTTP message 60", get_a + " | x: 1 | dropped 1"}},
       {"much to keep",
        {client_begins({h2_headers(1, h2_end_stream,
                                   concat({get("/a"), h2_fields({{"x", "1"}, {"yz", "22"}})}))})},
        {get_a + " | x: 1 | dropped 1"}}},
      limits);

  Limits content;
  content.http_body_bytes = 2;
  content.http_error_bytes = 0;
  const auto upload = [&](std::uint32_t stream) {
    return concat({h2_headers(stream, 0, get("/a")), h2_data(stream, 0, "abc")});
  };
  const auto told = [](int stream, const std::string& body) {
    return "client: request " + std::to_string(stream) + " GET /a 2.0 https://h | body " + body;
  };
  check_http({{"content that is kept of all streams together",
               {client_begins({upload(1), upload(3), upload(5), upload(7), upload(9),
                               h2_data(1, h2_end_stream, ""), upload(11),
                               h2_data(9, h2_end_stream, "d"), h2_data(11, h2_end_stream, "")})},
               {told(1, "3 \"ab\""), told(9, "4"), told(11, "3 \"ab\""), told(3, "3 \"ab\" ..."),
                told(5, "3 \"ab\" ..."), told(7, "3 \"ab\" ...")}}},
             content);
}

TEST_CASE("the first answer in HTTP/2 is told as soon as its head is whole") {
  const std::vector turns{
      client_begins({h2_headers(1, h2_end_stream, get("/a"))}),
      server_says(h2_headers(1, 0, h2_fields({{":status", "403"}, {"server", "s"}})))};
  CHECK(watch(turns, 1).first_heads == Lines{"client: PRI * ", "server: 403 s"});
}

}  // namespace
}  // namespace legible::parser
