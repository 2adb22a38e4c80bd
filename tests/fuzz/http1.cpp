// HTTP/1 in any split: the same heads, the same end. The first byte chooses the kind of messages.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

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
  AfterHead on_head_end() override {
    told += ".\n";
    return after_head;
  }
  void on_trailer(std::string_view name, std::string_view value) override {
    told.append(name).append("~").append(value) += '\n';
  }
  void on_body(std::span<const std::uint8_t> bytes) override { body += bytes.size(); }
  void on_message_end() override { told += std::to_string(std::exchange(body, 0)) + '\n'; }

  AfterHead after_head = AfterHead::as_framed;
  std::string told;
  std::size_t body = 0;
};

struct Outcome {
  std::string told;
  std::uint64_t message_offset = 0;
  std::size_t consumed = 0;
  Http1Observer::Status status = Http1Observer::Status::reading;
  bool operator==(const Outcome&) const = default;
};

Outcome watch(Http1Observer::Kind kind, AfterHead after_head, std::span<const std::uint8_t> bytes,
              std::size_t piece) {
  constexpr std::uint32_t head_limit = 512;
  Teller teller;
  teller.after_head = after_head;
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
  outcome.message_offset = observer.message_offset();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // Seeds: requests, responses, and those whose first 2xx opens a tunnel.
  const auto kind =
      data[0] % 3 == 0 ? Http1Observer::Kind::requests : Http1Observer::Kind::responses;
  const auto after_head = data[0] % 3 == 2 ? AfterHead::tunnel : AfterHead::as_framed;
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  const Outcome whole = watch(kind, after_head, bytes, bytes.size());
  if (!(watch(kind, after_head, bytes, 1) == whole)) std::abort();
  if (!(watch(kind, after_head, bytes, 7) == whole)) std::abort();
  return 0;
}
