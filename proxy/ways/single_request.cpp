#include "proxy/ways/single_request.hpp"

#include <algorithm>

namespace legible::proxy {
namespace {

constexpr std::uint32_t longest_head = 128 * 1024;
constexpr std::string_view status_line = "HTTP/1.x 101";

}  // namespace

SingleRequest::SingleRequest(std::string_view head)
    : observer_(parser::Http1Observer::Kind::requests, *this, longest_head) {
  admit({reinterpret_cast<const std::uint8_t*>(head.data()), head.size()});
}

std::size_t SingleRequest::admit(std::span<const std::uint8_t> bytes) {
  if (upgraded_) return bytes.size();
  if (over_) return 0;
  const std::uint64_t before = fed_;
  fed_ += bytes.size();
  // What is no HTTP any more has no end that could be found: no request follows it.
  if (observer_.feed(bytes).status != parser::Http1Observer::Status::reading) over_ = true;
  if (begun_ < 2) return bytes.size();
  return static_cast<std::size_t>(next_at_ - before);
}

void SingleRequest::on_answer(std::span<const std::uint8_t> bytes) {
  if (answer_.size() >= status_line.size()) return;
  const std::size_t wanted = status_line.size() - answer_.size();
  answer_.append(reinterpret_cast<const char*>(bytes.data()), std::min(wanted, bytes.size()));
  upgraded_ = answer_.size() == status_line.size() && answer_.starts_with("HTTP/1.") &&
              answer_.ends_with(" 101");
}

}  // namespace legible::proxy
