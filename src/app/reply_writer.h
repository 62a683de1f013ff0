#pragma once

#include <string>
#include <string_view>

#include "dialects/codec.h"
#include "model/event.h"
#include "model/request.h"
#include "model/trail.h"
#include "net/http_server.h"

namespace plimsoll::app {

/// Where a reply or an error is written to, and what its headers say.
struct Outlet {
  const dialects::Codec& codec;  // what the client speaks
  net::Exchange& exchange;
  Trail& trail;
  bool show_controls = false;  // the client asked for x-plimsoll-controls
  bool reads_on = false;       // to the end of a stream, also when the client has gone
};

/// Writes a reply as it is pulled: whole, or event by event. An error before the
/// first byte becomes an error answer; after it, an in-band error and no clean
/// end. Fills the trail's status, bytes and error.
[[nodiscard]] Task<void> write_reply(Outlet outlet, Reply reply, const Request& request);

/// Writes an error answer; nothing may have been sent.
[[nodiscard]] Task<void> write_error(Outlet outlet, const Error& error);

}  // namespace plimsoll::app
