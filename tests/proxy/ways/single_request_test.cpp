#include "proxy/ways/single_request.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

namespace legible::proxy {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("what belongs to a request ends where the next one begins, however the bytes come") {
  struct Case {
    const char* head;
    const char* body;
  };
  const auto& c = GENERATE(values<Case>({
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "abc"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
       "3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"},
  }));
  const std::string body = c.body;
  const std::string following = body + "GET http://b/ HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n";
  for (std::size_t cut = 0; cut <= following.size(); ++cut) {
    INFO(cut);
    SingleRequest request(c.head);
    const std::string first = following.substr(0, cut);
    std::size_t admitted = first.empty() ? 0 : request.admit(bytes(first));
    if (admitted == first.size()) admitted += request.admit(bytes(following.substr(cut)));
    CHECK(admitted == body.size());
  }
}

TEST_CASE("an upgrade that the server has agreed to is part of the request") {
  const char* const head = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  SingleRequest agreed(head);
  agreed.on_answer(bytes("HTTP/1.1 1"));
  agreed.on_answer(bytes("01 Switching Protocols\r\n\r\n"));
  CHECK(agreed.admit(bytes("\x81\x01x")) == 3);
  SingleRequest refused(head);
  refused.on_answer(bytes("HTTP/1.1 200 OK\r\n"));
  CHECK(refused.admit(bytes("GET / HTTP/1.1\r\n")) == 0);
}

}  // namespace legible::proxy
