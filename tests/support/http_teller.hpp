#pragma once
// What an HTTP observer tells, as lines that a test can compare and a reader can read.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/http_observer.hpp"
#include "support/bytes.hpp"

namespace legible::test {

/// "client: request 1 GET /a 1.1 | Host: h | body 3", with what is odd behind it.
class HttpTeller : public parser::HttpSink {
 public:
  void on_first_head(parser::Side from, parser::PlainHttp&& head) override;
  void on_http(parser::Side from, const parser::HttpEvent& event) override;

  std::vector<std::string> lines;
  std::vector<std::string> first_heads;
};

/// A part of what one side says.
struct HttpTurn {
  parser::Side from;
  Bytes bytes;
};

inline HttpTurn client_says(std::string_view words) { return {parser::Side::client, text(words)}; }
inline HttpTurn client_says(Bytes bytes) { return {parser::Side::client, std::move(bytes)}; }
inline HttpTurn server_says(std::string_view words) { return {parser::Side::server, text(words)}; }
inline HttpTurn server_says(Bytes bytes) { return {parser::Side::server, std::move(bytes)}; }

/// Lets an observer watch the turns, each in pieces of that size, and then the end of both sides.
HttpTeller watch(std::span<const HttpTurn> turns, std::size_t piece,
                 const parser::Limits& limits = {});

}  // namespace legible::test
