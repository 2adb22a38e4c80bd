#include "parser/http2_observer.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "parser/ascii.hpp"
#include "parser/hpack_decoder.hpp"
#include "parser/http2_frames.hpp"

namespace legible::parser {
namespace {

constexpr const char* http_head = "head of an HTTP message";

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// Without a branch the compiler looks at many characters at once.
bool breaks_a_line(std::string_view text) {
  int found = 0;
  for (const char c : text) found |= (c == '\r') | (c == '\n') | (c == '\0');
  return found != 0;
}

bool has_uppercase(std::string_view text) {
  int found = 0;
  for (const char c : text) found |= (c >= 'A') & (c <= 'Z');
  return found != 0;
}

/// RFC 9113 section 8.2.2.
bool is_connection_specific(std::string_view name, std::string_view value) {
  return name == "connection" || name == "proxy-connection" || name == "keep-alive" ||
         name == "transfer-encoding" || name == "upgrade" || (name == "te" && value != "trailers");
}

HttpFlags flags_of(std::string_view name, std::string_view value) {
  HttpFlags flags;
  if (has_uppercase(name)) flags.set(HttpFlag::uppercase_field_name);
  if (breaks_a_line(name) || breaks_a_line(value)) flags.set(HttpFlag::line_break_in_field);
  if (is_connection_specific(name, value)) flags.set(HttpFlag::connection_specific_field);
  return flags;
}

/// Where a request's pseudo-field goes; null: it is none.
std::string* place_of(HttpRequest& request, std::string_view name) {
  if (name == ":method") return &request.method;
  if (name == ":path") return &request.target;
  if (name == ":scheme") return &request.scheme;
  if (name == ":authority") return &request.authority;
  if (name == ":protocol") return &request.protocol;
  return nullptr;
}

}  // namespace

class Http2Observer::Direction final : Http2FrameEvents, HpackDecoder::FieldSink {
 public:
  Direction(Side side, HttpSink& sink, const Limits& limits, Http2Streams& streams)
      : side_(side), sink_(sink), limits_(limits), streams_(streams) {}

  void set_peer(Direction& peer) { peer_ = &peer; }
  void feed(std::span<const std::uint8_t> bytes, std::uint64_t offset);
  void stop() {
    stopped_ = true;
    streams_.stop(side_);
  }

 private:
  enum class Block : std::uint8_t { request, response, trailers, unknown };

  static constexpr std::size_t longest_kept_field = 4096;
  static constexpr std::size_t longest_small_frame = 8 + Http2GoAway::kept_debug_bytes;
  static constexpr std::uint16_t header_table_size = 1;  // SETTINGS_HEADER_TABLE_SIZE
  static constexpr std::size_t setting_bytes = 6;

  void on_frame(const Http2Frame& frame) override;
  void on_content(const Http2Frame& frame, std::span<const std::uint8_t> part, bool last) override;
  void on_field(std::string_view name, std::string_view value) override;

  void begin_block(const Http2Frame& frame);
  void end_block();
  void take_pseudo_field(Http2Stream& stream, std::string_view name, std::string_view value);
  void take_data(const Http2Frame& frame, std::span<const std::uint8_t> part, bool last);
  void take_small(const Http2Frame& frame, std::span<const std::uint8_t> part, bool last);
  void take_settings(const Http2Frame& frame, std::span<const std::uint8_t> part);

  Side side_;
  HttpSink& sink_;
  const Limits& limits_;
  Http2Streams& streams_;
  Direction* peer_ = nullptr;
  Http2FrameReader frames_{*this};
  HpackDecoder decoder_;
  bool stopped_ = false;
  std::optional<std::uint64_t> begins_at_;

  // The header block in progress.
  Block block_ = Block::unknown;
  std::uint32_t block_stream_ = 0;
  bool ends_stream_ = false;
  bool regular_field_seen_ = false;
  std::uint64_t block_bytes_ = 0;  ///< decoded

  std::string small_;                   ///< start of a frame that is looked at as a whole
  std::uint32_t table_allowed_ = 4096;  ///< by the peer's SETTINGS
  std::uint32_t table_applied_ = 4096;
};

void Http2Observer::Direction::feed(std::span<const std::uint8_t> bytes, std::uint64_t offset) {
  if (stopped_) return;
  if (!begins_at_) begins_at_ = offset;
  if (frames_.feed(bytes)) return;
  report(sink_, side_,
         Malformed{"HTTP/2 frame", std::string(frames_.broken()),
                   *begins_at_ + frames_.frame_offset()});
  stop();
}

void Http2Observer::Direction::on_frame(const Http2Frame& frame) {
  if (frame.type == http2_frame::headers || frame.type == http2_frame::push_promise) {
    begin_block(frame);
  }
  small_.clear();
}

void Http2Observer::Direction::on_content(const Http2Frame& frame,
                                          std::span<const std::uint8_t> part, bool last) {
  switch (frame.type) {
    case http2_frame::data:
      return take_data(frame, part, last);
    case http2_frame::headers:
    case http2_frame::push_promise:
    case http2_frame::continuation: {
      const bool ends_block = last && frame.has(http2_flag::end_headers);
      if (!decoder_.feed(part, ends_block, *this)) return frames_.stop("header block");
      if (ends_block) end_block();
      return;
    }
    case http2_frame::settings:
      return take_settings(frame, part);
    default:
      return take_small(frame, part, last);
  }
}

// --- header blocks ---

void Http2Observer::Direction::begin_block(const Http2Frame& frame) {
  // More room may be used as soon as it is allowed; less is waited for until it is acknowledged.
  if (table_allowed_ > table_applied_) {
    decoder_.allow_table(table_allowed_);
    table_applied_ = table_allowed_;
  }
  const bool promise = frame.type == http2_frame::push_promise;
  block_stream_ = promise ? frame.promised : frame.stream;
  ends_stream_ = promise || frame.has(http2_flag::end_stream);
  regular_field_seen_ = false;
  block_bytes_ = 0;
  block_ = Block::unknown;
  Http2Stream* const stream = streams_.open(block_stream_);
  if (stream == nullptr) return;
  if (side_ == Side::client || promise) {
    block_ = std::exchange(stream->request_begun, true) ? Block::trailers : Block::request;
    stream->request.pushed = promise;
  } else {
    const bool begun = std::exchange(stream->response_begun, true);
    block_ = begun ? Block::trailers : Block::response;
    if (!begun) stream->response.begun = streams_.now();
  }
}

void Http2Observer::Direction::on_field(std::string_view name, std::string_view value) {
  const bool within_limit = block_bytes_ <= limits_.http_head_bytes;
  block_bytes_ += name.size() + value.size();
  const bool fits = block_bytes_ <= limits_.http_head_bytes;
  if (within_limit && !fits) {
    report(sink_, side_, LimitReached{http_head, limits_.http_head_bytes});
  }
  // The peer may have reset it between two parts of the block.
  Http2Stream* const stream = streams_.find(block_stream_);
  if (stream == nullptr || block_ == Block::unknown) return;
  const bool in_request =
      block_ == Block::request || (block_ == Block::trailers && side_ == Side::client);
  HttpMessage& to = in_request ? static_cast<HttpMessage&>(stream->request) : stream->response;
  if (!fits) {
    ++to.fields_dropped;
    return;
  }
  to.flags.set(flags_of(name, value));
  name = name.substr(0, longest_kept_field);
  value = value.substr(0, longest_kept_field);
  if (name.starts_with(':')) return take_pseudo_field(*stream, name, value);
  regular_field_seen_ = true;
  streams_.keep(to, block_ == Block::trailers ? to.trailers : to.headers, name, value);
}

void Http2Observer::Direction::take_pseudo_field(Http2Stream& stream, std::string_view name,
                                                 std::string_view value) {
  HttpResponse& response = stream.response;
  bool odd = regular_field_seen_;
  if (block_ == Block::request) {
    std::string* const place = place_of(stream.request, name);
    odd |= place == nullptr || !place->empty();
    if (place != nullptr && place->empty()) *place = value;
    if (odd) stream.request.flags.set(HttpFlag::odd_pseudo_field);
  } else if (block_ == Block::response) {
    odd |= name != ":status" || response.status != 0;
    constexpr std::size_t digits = 3;
    if (name == ":status") {
      response.status = number_in<int>(value.substr(0, digits)).value_or(response.status);
    }
    if (odd) response.flags.set(HttpFlag::odd_pseudo_field);
  } else {
    // RFC 9113 section 8.1: trailers have none.
    (side_ == Side::client ? static_cast<HttpMessage&>(stream.request) : response)
        .flags.set(HttpFlag::odd_pseudo_field);
  }
}

void Http2Observer::Direction::end_block() {
  Http2Stream* const stream = streams_.find(block_stream_);
  if (stream == nullptr || block_ == Block::unknown) return;
  if (block_ == Block::request) {
    // CONNECT has no path: RFC 9113 section 8.5.
    HttpRequest& request = stream->request;
    if (request.target.empty()) request.target = request.authority;
    streams_.end_request_head(*stream);
  } else if (block_ == Block::response) {
    streams_.end_response_head(*stream, ends_stream_);
  }
  if (!ends_stream_) return;
  streams_.end(block_ == Block::request ? Side::client : side_, block_stream_);
}

// --- other frames ---

void Http2Observer::Direction::take_data(const Http2Frame& frame,
                                         std::span<const std::uint8_t> part, bool last) {
  Http2Stream* const stream = streams_.find(frame.stream);
  if (stream == nullptr) return;
  streams_.take_data(side_, *stream, part);
  if (last && frame.has(http2_flag::end_stream)) streams_.end(side_, frame.stream);
}

void Http2Observer::Direction::take_settings(const Http2Frame& frame,
                                             std::span<const std::uint8_t> part) {
  if (frame.has(http2_flag::ack)) {
    // Less room than before: the next header block says that it was given up.
    if (table_allowed_ != table_applied_) decoder_.allow_table(table_allowed_);
    table_applied_ = table_allowed_;
    return;
  }
  for (const std::uint8_t byte : part) {
    small_ += static_cast<char>(byte);
    if (small_.size() < setting_bytes) continue;
    if (number(std::string_view(small_).substr(0, 2)) == header_table_size) {
      peer_->table_allowed_ =
          std::min(number(std::string_view(small_).substr(2)), limits_.hpack_table_bytes);
    }
    small_.clear();
  }
}

void Http2Observer::Direction::take_small(const Http2Frame& frame,
                                          std::span<const std::uint8_t> part, bool last) {
  const std::size_t room = longest_small_frame - small_.size();
  for (const std::uint8_t byte : part.first(std::min(room, part.size()))) {
    small_ += static_cast<char>(byte);
  }
  if (!last) return;
  const std::string_view held(small_);
  if (frame.type == http2_frame::rst_stream) {
    if (held.size() != 4) return frames_.stop("frame length");
    streams_.reset(side_, frame.stream, Http2Error{number(held)});
  } else {
    constexpr std::uint32_t stream_bits = 0x7fffffff;
    if (held.size() < 8) return frames_.stop("frame length");
    const Http2GoAway told{number(held.substr(0, 4)) & stream_bits,
                           Http2Error{number(held.substr(4, 4))}, std::string(held.substr(8))};
    report(sink_, side_, told);
  }
}

// --- both directions ---

Http2Observer::Http2Observer(HttpSink& sink, const Limits& limits, const HttpUpgrade* upgrade)
    : streams_(sink, limits, upgrade) {
  for (const Side side : {Side::client, Side::server}) {
    directions_[static_cast<std::size_t>(side)] =
        std::make_unique<Direction>(side, sink, limits, streams_);
  }
  of(Side::client).set_peer(of(Side::server));
  of(Side::server).set_peer(of(Side::client));
}

Http2Observer::~Http2Observer() = default;

void Http2Observer::feed(Side from, std::span<const std::uint8_t> bytes, Instant now,
                         std::uint64_t offset) {
  streams_.set_time(now);
  of(from).feed(bytes, offset);
}

void Http2Observer::stop(Side from) { of(from).stop(); }

}  // namespace legible::parser
