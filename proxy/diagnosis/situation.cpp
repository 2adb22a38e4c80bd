#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

bool Situation::after_silence() const { return primary.silence >= shortest_timer; }

bool Situation::other_side_silent() const { return primary.since_other >= shortest_timer; }

Finding& Finding::raise() {
  if (confidence < Confidence::certain) {
    confidence = static_cast<Confidence>(static_cast<int>(confidence) + 1);
  }
  return *this;
}

Finding& Finding::lower() {
  if (confidence > Confidence::low) {
    confidence = static_cast<Confidence>(static_cast<int>(confidence) - 1);
  }
  return *this;
}

}  // namespace legible::proxy::diagnosis
