#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "net/internal/timer_wheel.h"
#include "net/loop.h"

namespace plimsoll::net {

using Executor = boost::asio::io_context::executor_type;
using ExactTimer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

/// What a loop is made of. Only for files of net.
struct Loop::Impl {
  Impl();

  /// Coarse timeout: O(1), no allocation, a system call only if this is the
  /// soonest of all. `run` is called from the loop's top level.
  void arm(TimerEntry& entry, Deadline when, TimerEntry::Run run, void* self);

  Executor executor() noexcept { return context.get_executor(); }

  boost::asio::io_context context;
  boost::asio::executor_work_guard<Executor> work;
  TimerWheel wheel;
  ExactTimer ticker;  // armed only while the wheel holds entries
  Deadline ticker_at = kNoDeadline;
  std::chrono::nanoseconds lag{0};

 private:
  void arm_ticker();
};

}  // namespace plimsoll::net
