#include "proxy/capture/tcp_stream.hpp"

#include <algorithm>
#include <iterator>

namespace legible::capture {

void TcpStream::anchor(std::uint32_t sequence) {
  anchored_ = true;
  first_sequence_ = sequence;
}

Offset TcpStream::offset_of(std::uint32_t sequence) const {
  const auto expected = first_sequence_ + static_cast<std::uint32_t>(next_);
  return next_ + static_cast<std::int32_t>(sequence - expected);
}

void TcpStream::advance_to(Offset position) { next_ = std::max(next_, position); }

void TcpStream::acknowledge(Offset position) { acknowledged_ = std::max(acknowledged_, position); }

void TcpStream::keep(const Chunk& chunk) {
  Offset begin = std::max(chunk.begin, next_);
  auto following = kept_.upper_bound(begin);
  if (following != kept_.begin()) {
    const auto& [at, previous] = *std::prev(following);
    begin = std::max(begin, at + previous.length);
  }
  while (begin < chunk.end()) {
    const Offset end =
        following == kept_.end() ? chunk.end() : std::min(chunk.end(), following->first);
    if (begin < end) keep_piece(chunk, begin, end);
    if (following == kept_.end()) return;
    begin = std::max(begin, following->first + following->second.length);
    ++following;
  }
}

void TcpStream::keep_piece(const Chunk& chunk, Offset begin, Offset end) {
  const auto captured = static_cast<Offset>(chunk.bytes.size());
  const auto from = static_cast<std::size_t>(std::min(begin - chunk.begin, captured));
  const auto to = static_cast<std::size_t>(std::min(end - chunk.begin, captured));
  const Bytes bytes = chunk.bytes.subspan(from, to - from);
  kept_.emplace(begin, Kept{{bytes.begin(), bytes.end()}, end - begin, chunk.needs, chunk.fin});
  kept_bytes_ += bytes.size();
}

std::optional<Chunk> TcpStream::front() const {
  if (kept_.empty()) return std::nullopt;
  const auto& [begin, kept] = *kept_.begin();
  return Chunk{begin, kept.length, kept.bytes, kept.needs, kept.fin};
}

void TcpStream::drop_front() {
  kept_bytes_ -= kept_.begin()->second.bytes.size();
  kept_.erase(kept_.begin());
}

void TcpStream::drop_all() {
  kept_.clear();
  kept_bytes_ = 0;
}

}  // namespace legible::capture
