// HTTP/1 in any split: the same heads, the same end. The first byte chooses the kind of messages.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "parser/http1_observer.hpp"

using namespace legible::parser;

namespace {

class Teller : public Http1Events {
 public:
  void on_start_line(const HttpStartLine& line) override {
    told += std::to_string(line.status) + line.method + line.target + line.reason + '\n';
  }
  void on_header(std::string_view name, std::string_view value) override {
    if (std::max(name.size(), value.size()) > Http1Observer::kept_bytes) std::abort();
    told.append(name).append("=").append(value) += '\n';
  }
  void on_head_end() override { told += ".\n"; }

  std::string told;
};

struct Outcome {
  std::string told;
  std::size_t consumed = 0;
  Http1Observer::Status status = Http1Observer::Status::reading;
  bool operator==(const Outcome&) const = default;
};

Outcome watch(Http1Observer::Kind kind, std::span<const std::uint8_t> bytes, std::size_t piece) {
  constexpr std::uint32_t head_limit = 512;
  Teller teller;
  Http1Observer observer(kind, teller, head_limit);
  Outcome outcome;
  while (outcome.consumed < bytes.size() && outcome.status == Http1Observer::Status::reading) {
    const std::size_t size = std::min(piece, bytes.size() - outcome.consumed);
    const auto progress = observer.feed(bytes.subspan(outcome.consumed, size));
    outcome.consumed += progress.consumed;
    outcome.status = progress.status;
  }
  // Where broken bytes were noticed depends on the split; that they were, must not.
  if (outcome.status != Http1Observer::Status::tunnel) outcome.consumed = 0;
  outcome.told = teller.told;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto kind = static_cast<Http1Observer::Kind>(data[0] % 3);
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  const Outcome whole = watch(kind, bytes, bytes.size());
  if (!(watch(kind, bytes, 1) == whole)) std::abort();
  if (!(watch(kind, bytes, 7) == whole)) std::abort();
  return 0;
}
