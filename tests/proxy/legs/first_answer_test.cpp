#include "proxy/legs/first_answer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

namespace legible::proxy {
namespace {

using enum FirstAnswer::Means;

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

const std::string nginx =
    "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 68\r\n\r\n<html>"
    "<center>The plain HTTP request was sent to HTTPS port</center>";
const std::string apache =
    "HTTP/1.1 400 Bad Request\r\nServer: Apache\r\nConnection: close\r\n\r\n<p>Reason: You're "
    "speaking plain HTTP to an SSL-enabled server port.<br />\n</p>";
const std::string tomcat =
    "HTTP/1.1 400 \r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n\r\nBad "
    "Request\r\nThis combination of host and port requires TLS.\r\n";
const std::string go =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

}  // namespace

TEST_CASE("what a server answers to plain HTTP tells whether it speaks TLS, however it is cut") {
  struct Case {
    std::string answer;
    FirstAnswer::Means means;
    bool in_words;
  };
  const auto& c = GENERATE(values<Case>({
      {std::string("\x15\x03\x01\x00\x02\x02\x0a", 7), tls, false},
      {nginx, tls, true},
      {apache, tls, true},
      {tomcat, tls, true},
      {go, tls, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", plain, false},
      {"HTTP/1.1 301 Moved\r\nLocation: https://a.test/\r\n\r\n", plain, false},
      {"HTTP/1.1 100 Continue\r\n\r\n", plain, false},
      {"HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\nbad id\n", plain, false},
      {"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", plain, false},
      {"HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(2000, 'x'), plain, false},
      {"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\n0\r\n\r\n", plain,
       false},
      {"HTTP/1.1 400 Bad Request\r\n\r\nunder way", unknown, false},
      {"SSH-2.0-OpenSSH_9.2\r\n", plain, false},
      {"<html>no head</html>", plain, false},
      {"HTTP/1.1 400 Bad Request\r\nContent-Length: x\r\n\r\n", plain, false},
  }));
  for (std::size_t cut = 0; cut < c.answer.size(); ++cut) {
    CAPTURE(c.answer, cut);
    FirstAnswer answer(true);
    FirstAnswer::Means means = cut > 0 ? answer.feed(bytes(c.answer).first(cut)) : unknown;
    if (means == unknown) means = answer.feed(bytes(c.answer).subspan(cut));
    CHECK(means == c.means);
    CHECK(answer.words().empty() != c.in_words);
    CHECK(c.answer.starts_with(std::string(answer.held().begin(), answer.held().end())));
  }
}

TEST_CASE("an answer to HEAD has no words to wait for") {
  FirstAnswer answer(false);
  CHECK(answer.feed(bytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\n")) == plain);
}

TEST_CASE("no framing makes an answer be held without end") {
  FirstAnswer answer(true);
  FirstAnswer::Means means = answer.feed(
      bytes("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n1;extension="));
  const std::string more(1000, 'x');
  for (int i = 0; i < 20 && means == unknown; ++i) means = answer.feed(bytes(more));
  CHECK(means == plain);
}

}  // namespace legible::proxy
