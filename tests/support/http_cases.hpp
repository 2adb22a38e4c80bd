#pragma once
// Tables of what both sides of HTTP say, and what an observer tells of it.

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "support/http_teller.hpp"

namespace legible::test {

struct HttpCase {
  std::string name;
  std::vector<HttpTurn> turns;
  std::vector<std::string> expected;
};

/// The same is told however the bytes arrive.
inline void check_http(const std::vector<HttpCase>& cases, const parser::Limits& limits = {}) {
  for (const HttpCase& c : cases) {
    INFO(c.name);
    for (const std::size_t piece : {1000u, 1u, 2u, 3u, 7u, 20u}) {
      INFO("in pieces of " << piece);
      const std::vector<std::string> lines = watch(c.turns, piece, limits).lines;
      CHECK(lines == c.expected);
      if (lines != c.expected) break;
    }
  }
}

}  // namespace legible::test
