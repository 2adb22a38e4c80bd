#include "parser/hpack_decoder.hpp"

#include <nghttp2/nghttp2.h>

#include <new>

namespace legible::parser {
namespace {

std::string_view text(const std::uint8_t* at, std::size_t length) {
  return {reinterpret_cast<const char*>(at), length};
}

}  // namespace

struct HpackDecoder::Inflater {
  Inflater() {
    if (nghttp2_hd_inflate_new(&handle) != 0) throw std::bad_alloc();
  }
  ~Inflater() { nghttp2_hd_inflate_del(handle); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  nghttp2_hd_inflater* handle = nullptr;
};

HpackDecoder::HpackDecoder() : inflater_(std::make_unique<Inflater>()) {}
HpackDecoder::~HpackDecoder() = default;

void HpackDecoder::allow_table(std::uint32_t bytes) {
  nghttp2_hd_inflate_change_table_size(inflater_->handle, bytes);
}

bool HpackDecoder::feed(std::span<const std::uint8_t> part, bool last, FieldSink& fields) {
  for (;;) {
    nghttp2_nv field;
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(inflater_->handle, &field, &flags, part.data(),
                                             part.size(), last ? 1 : 0);
    if (used < 0) return false;
    part = part.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields.on_field(text(field.name, field.namelen), text(field.value, field.valuelen));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_->handle);
      return true;
    }
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && part.empty()) return !last;
  }
}

}  // namespace legible::parser
