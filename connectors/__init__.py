"""Their ERP, WMS, TMS, CRM, procurement and finance: ports in our canonical model, and adapters behind them."""
