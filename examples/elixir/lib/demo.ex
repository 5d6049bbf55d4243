defmodule Demo do
  @moduledoc "Answers what it is and what runs it."

  def about do
    {:ok, version} = :application.get_key(:demo, :vsn)
    "demo #{version} on Erlang/OTP #{System.otp_release()}"
  end
end
