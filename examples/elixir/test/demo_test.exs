defmodule DemoTest do
  use ExUnit.Case

  test "it says what runs it" do
    assert Demo.about() =~ "Erlang/OTP"
  end
end
