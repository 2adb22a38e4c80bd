#include "parser/refusal_reader.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace {

using namespace legible::parser;
using namespace std::string_literals;

Shared<Refusals> read(std::string_view text, std::size_t piece) {
  RefusalReader reader;
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  }
  return reader.refusals();
}

/// PostgreSQL's.
std::string message(char type, std::string_view content) {
  const std::size_t length = 4 + content.size();
  const char size[] = {0, 0, static_cast<char>(length >> 8), static_cast<char>(length)};
  return type + std::string(size, sizeof size).append(content);
}

}  // namespace

TEST_CASE("what a server says no with inside TLS is kept, however it is cut") {
  struct Case {
    std::string said;
    Protocol protocol;
    std::vector<std::string> refused;
  };
  const Case cases[] = {
      {"220 mail ESMTP\r\n250-mail\r\n250 SIZE\r\n221 bye\r\n", Protocol::smtp, {}},
      {"250-mail\r\n250 SIZE\r\n421 no certificate\r\n", Protocol::smtp, {"421 no certificate"}},
      {"530-first\r\n530 second\n", Protocol::smtp, {"530-first", "530 second"}},
      {"* OK hello\r\na NO not you\r\n* BYE bye\r\n",
       Protocol::imap,
       {"a NO not you", "* BYE bye"}},
      {"a OK done\r\n* 3 EXISTS\r\n", Protocol::imap, {}},
      {"* OK hello\r\n* 1 FETCH (BODY[] {30}\r\na NO certificate\r\nb BAD idea\r\n)\r\nc NO\r\n",
       Protocol::imap,
       {"c NO"}},
      {"* OK hello\r\nSubject: No certificate\r\nX: bye bye\r\nx BYE you\r\n", Protocol::imap, {}},
      {"+OK ready\r\n-ERR [AUTH] no\r\n.\r\n", Protocol::pop3, {"-ERR [AUTH] no"}},
      {"220 " + std::string(1000, 'x') + "\r\n550 " + std::string(1000, 'y') + "\r\n",
       Protocol::smtp,
       {"550 " + std::string(RefusalReader::kept_bytes - 4, 'y')}},
      {"220 mail\r\n550 not whole", Protocol::smtp, {}},
      {message('E', "SFATAL\0VFATAL\0C28000\0Mconnection requires a valid client certificate\0\0"s),
       Protocol::postgresql,
       {"connection requires a valid client certificate"}},
      {message('R', "\0\0\0\0"s) + message('Z', "I") + message('E', "SERROR\0Mno\0\0"s),
       Protocol::postgresql,
       {"no"}},
      {message('N', "S" + std::string(1000, 'M')) +
           message('E', "Mlong " + std::string(1000, 'y')) + message('E', "Mnext\0\0"s),
       Protocol::postgresql,
       {"long " + std::string(RefusalReader::kept_bytes - 6, 'y'), "next"}},
      {message('R', "\0\0\0\0"s) + message('C', "") + message('E', "") + message('E', "M"),
       Protocol::postgresql,
       {""}},
      {"<?xml version='1.0'?><stream:stream id='x'><stream:features/>"
       "<failure xmlns='s'><malformed-request/><text>Invalid channel binding value.</text>"
       "</failure><success/><failure/>text<stream:error><bad/></stream:error></stream:stream>",
       Protocol::xmpp,
       {"<failure xmlns='s'><malformed-request/><text>Invalid channel binding value.</text>"
        "</failure>",
        "<failure/>", "<stream:error><bad/></stream:error>"}},
      {"<stream:stream><failure><text>" + std::string(1000, 'y') + "</text></failure><failure/>",
       Protocol::xmpp,
       {"<failure><text>" + std::string(RefusalReader::kept_bytes - 15, 'y'), "<failure/>"}},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, c.said.size()}) {
      INFO(c.said << "\nin pieces of " << piece);
      const auto found = read(c.said, piece);
      REQUIRE(found);
      CHECK(found->protocol == c.protocol);
      CHECK(found->replies == c.refused);
    }
  }
}

TEST_CASE("other protocols have no such replies") {
  for (const std::string_view said :
       {"HTTP/1.1 404 Not Found\r\n\r\n", "RFB 003.008\n", "{\"error\": 500}\n",
        "4321 is no code\n", "\r\n220 late\r\n", "550 no end", "5"}) {
    INFO(said);
    CHECK(read(said, 3) == nullptr);
  }
  // MySQL's packets have a length in their first three bytes, too.
  for (const std::string& said : {"E\0\0\x03\xff\x15\x04#28000Access denied"s,
                                  "R\0\0\x03\xff\0\x04#HY000no"s, "\x07\0\0\x02\0\0\0\x02"s}) {
    for (const std::size_t piece : {std::size_t{1}, said.size()}) CHECK(!read(said, piece));
  }
}

TEST_CASE("only the beginning is read, and the first refusals are kept") {
  std::string many = "220 mail\r\n";
  for (int i = 0; i < 1000; ++i) many += "550 no " + std::to_string(i) + "\r\n";
  const auto first = read(many, 100);
  REQUIRE(first);
  CHECK(first->replies.size() == RefusalReader::kept_replies);
  CHECK(first->replies.front() == "550 no 0");

  std::string late = "220 mail\r\n";
  while (late.size() < RefusalReader::read_bytes) late += "250 yes\r\n";
  const auto none = read(late + "550 no\r\n", 1000);
  REQUIRE(none);
  CHECK(none->replies.empty());
}

TEST_CASE("a message with many texts is one refusal") {
  std::string fields = "S";
  for (int i = 0; i < 100; ++i) fields += std::string("\0M", 2);
  std::string many;
  for (int i = 0; i < 50; ++i) many += message('E', fields);
  const auto found = read(many, many.size());
  REQUIRE(found);
  CHECK(found->replies.size() == RefusalReader::kept_replies);
}
